/**
 * What a tenant sees of itself with its API key, under {@code /v1/millrace}: a request, the
 * balance, its place in the queue.
 *
 * <p>Another tenant's data cannot be named here: every look-up starts from the caller.
 */
@NullMarked
package org.millrace.webapi.account;

import org.jspecify.annotations.NullMarked;

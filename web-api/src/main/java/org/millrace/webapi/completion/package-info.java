/**
 * One completion from submit to the last byte: whole answers, server-sent events, and requests that
 * must run only once.
 *
 * <p>Admission, queues and money are serving's and billing's; nothing here decides about them.
 */
@NullMarked
package org.millrace.webapi.completion;

import org.jspecify.annotations.NullMarked;

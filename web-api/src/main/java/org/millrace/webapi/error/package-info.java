/**
 * The table of every error this API answers with, in OpenAI's shape, and how other rooms' refusals
 * become one of them.
 *
 * <p>No handler builds an error by itself.
 */
@NullMarked
package org.millrace.webapi.error;

import org.jspecify.annotations.NullMarked;

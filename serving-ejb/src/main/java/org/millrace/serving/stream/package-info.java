/**
 * From tokens to what a reader sees: whole characters, no stop text, bounded and pulled by the
 * reader.
 *
 * <p>Plain Java. The engine's loop writes without ever waiting; the reader waits. Nothing here
 * knows sockets, billing or batches.
 */
@NullMarked
package org.millrace.serving.stream;

import org.jspecify.annotations.NullMarked;

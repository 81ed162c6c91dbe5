/**
 * The engine's own threads: a team that stays together for a model's life and shares one piece of
 * work at a time.
 *
 * <p>Knows how to hand out numbered chunks and to sleep when there are none. Never what the work
 * is.
 */
@NullMarked
package org.millrace.inference.threads;

import org.jspecify.annotations.NullMarked;

/**
 * The loop: plan a step, run it, apply its result. Who gets which tokens and cache blocks is
 * decided here and nowhere else.
 *
 * <p>Plain Java, one thread, callable one step at a time. No database, no lock to wait for, no
 * socket.
 */
@NullMarked
package org.millrace.serving.batch;

import org.jspecify.annotations.NullMarked;

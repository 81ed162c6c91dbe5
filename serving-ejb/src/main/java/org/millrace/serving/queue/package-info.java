/**
 * Where requests wait for the engine: a way in that never makes anyone wait, and a policy that says
 * who is next.
 *
 * <p>Plain Java. Bounds are kept by admission, which counts before it lets anyone in; nothing here
 * knows billing or the engine.
 */
@NullMarked
package org.millrace.serving.queue;

import org.jspecify.annotations.NullMarked;

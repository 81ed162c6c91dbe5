/**
 * The models this server serves: loaded at start, found by name.
 *
 * <p>Plain Java. How a file becomes an engine is the engine module's matter; a loader comes in.
 */
@NullMarked
package org.millrace.serving.model;

import org.jspecify.annotations.NullMarked;

/**
 * Model architectures as short descriptions over shared layers, and the engine that runs them.
 *
 * <p>Knows what a model is made of and in which order its layers are computed. Never how a kernel
 * does its arithmetic, and never who asks for tokens or why.
 */
@NullMarked
package org.millrace.inference.model;

import org.jspecify.annotations.NullMarked;

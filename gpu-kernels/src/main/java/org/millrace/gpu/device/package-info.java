/**
 * The engine's tensor operations on a CUDA device: which kernel does what, where weights, keys and
 * values lie, and what of a step can be written down and run again.
 *
 * <p>Knows tensors and the driver's interface, whoever implements it. Never a request or a model's
 * architecture.
 */
@NullMarked
package org.millrace.gpu.device;

import org.jspecify.annotations.NullMarked;

/**
 * Arithmetic on tensors: the operations a forward pass is made of ({@link
 * org.millrace.inference.tensor.TensorDevice}), the CPU that runs them, and its kernels in two
 * twins, plain scalar and Vector API.
 *
 * <p>Knows shapes, addresses and element types. Never a model's architecture, a sequence's owner or
 * a token's text.
 */
@NullMarked
package org.millrace.inference.tensor;

import org.jspecify.annotations.NullMarked;

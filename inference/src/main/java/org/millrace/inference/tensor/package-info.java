/**
 * Arithmetic on tensors: the operations a forward pass is made of ({@link
 * org.millrace.inference.tensor.TensorDevice}), the CPU that runs them, and its kernels: plain
 * scalar, and two fast twins of those, Vector API and C.
 *
 * <p>Knows shapes, addresses and element types. Never a model's architecture, a sequence's owner or
 * a token's text.
 */
@NullMarked
package org.millrace.inference.tensor;

import org.jspecify.annotations.NullMarked;

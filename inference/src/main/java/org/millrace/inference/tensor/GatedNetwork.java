package org.millrace.inference.tensor;

/**
 * A feed-forward network with a gate (Shazeer 2020, equation 5): {@code down(activation(gate(x)) *
 * up(x))}.
 *
 * @param gate to a buffer of {@link TensorDevice#hiddenFloats} floats, like {@code up}
 * @param down from as many columns as {@code gate} has rows; to where the result goes, or is added
 */
public record GatedNetwork(Projection gate, Projection up, Activation activation, Projection down) {

  /** Elements of a row between the projections. */
  public int hidden() {
    return gate.weights().rows();
  }
}

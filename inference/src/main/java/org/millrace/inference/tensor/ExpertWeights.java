package org.millrace.inference.tensor;

import java.util.List;

/**
 * A layer of experts: each a gated feed-forward network of its own.
 *
 * @param gate of each expert, {@code [hidden, model]}
 * @param up of each expert, {@code [hidden, model]}
 * @param down of each expert, {@code [model, hidden]}
 * @param used experts per token
 */
public record ExpertWeights(List<Matrix> gate, List<Matrix> up, List<Matrix> down, int used) {

  /** How many there are. */
  public int count() {
    return gate.size();
  }
}

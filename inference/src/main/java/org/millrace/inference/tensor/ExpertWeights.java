package org.millrace.inference.tensor;

import java.util.List;

/**
 * A layer of experts: each a gated feed-forward network of its own.
 *
 * @param gate of each expert, {@code [hidden, model]}
 * @param up of each expert, {@code [hidden, model]}
 * @param down of each expert, {@code [model, hidden]}
 * @param used experts per token
 * @param scaled whether the probabilities of those used are scaled to sum to one
 */
public record ExpertWeights(
    List<Matrix> gate, List<Matrix> up, List<Matrix> down, int used, boolean scaled) {

  /** Experts whose probabilities are scaled, as most models have them. */
  public ExpertWeights(List<Matrix> gate, List<Matrix> up, List<Matrix> down, int used) {
    this(gate, up, down, used, true);
  }

  /** How many there are. */
  public int count() {
    return gate.size();
  }
}

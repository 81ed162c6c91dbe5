package org.millrace.inference.model;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.millrace.inference.tensor.Buffer;
import org.millrace.inference.tensor.ExpertWeights;
import org.millrace.inference.tensor.Matrix;

/**
 * The weights of a model, where the device has them.
 *
 * @param embedding {@code [vocabulary, width]}
 * @param layers in order
 * @param norm before the output
 * @param output {@code [vocabulary, width]}; the embedding itself where the file ties them
 * @param frequencyFactors divide the turning frequencies, {@code [turnedDimensions / 2]}
 */
record ModelWeights(
    Matrix embedding,
    List<Layer> layers,
    Buffer norm,
    Matrix output,
    float @Nullable [] frequencyFactors) {

  /** One transformer block. */
  record Layer(Attention attention, FeedForward feedForward) {}

  /**
   * Attention of a block.
   *
   * @param norm before it
   * @param postNorm after it, or {@code null}
   */
  record Attention(
      Buffer norm,
      Linear query,
      Linear key,
      Linear value,
      Linear output,
      @Nullable Buffer queryNorm,
      @Nullable Buffer keyNorm,
      @Nullable Buffer postNorm) {}

  /** A projection and its bias. */
  record Linear(Matrix weights, @Nullable Buffer bias) {}

  /** The second half of a block. */
  sealed interface FeedForward {
    /** The norm before it. */
    Buffer norm();
  }

  /** One gated network for all tokens. */
  record Dense(Buffer norm, Linear gate, Linear up, Linear down, @Nullable Buffer postNorm)
      implements FeedForward {}

  /**
   * Several, of which a router chooses some for each token.
   *
   * @param shared goes beside them, or {@code null}
   */
  record Experts(Buffer norm, Matrix router, ExpertWeights experts, @Nullable Shared shared)
      implements FeedForward {}

  /**
   * The expert that all tokens go through.
   *
   * @param part {@code [1, width]}: how much of it a token takes, before the sigmoid
   */
  record Shared(Linear gate, Linear up, Linear down, Matrix part) {}
}

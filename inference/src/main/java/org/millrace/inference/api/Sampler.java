package org.millrace.inference.api;

import java.util.List;

/**
 * Draws one sequence's tokens: the same seed and the same logits give the same tokens. Used by one
 * thread at a time.
 */
public interface Sampler {
  /**
   * Draws the next token and remembers it.
   *
   * @param logits {@code [vocabularySize]}; the sampler may overwrite them
   */
  SampledToken sample(float[] logits);

  /**
   * Whether {@link #sample} would take the most likely token of the logits as they are and report
   * nothing about it: then a device may find it, and {@link #take} is called instead.
   */
  default boolean isGreedy() {
    return false;
  }

  /** Remembers the most likely token as the one that was drawn. */
  default SampledToken take(int token) {
    return new SampledToken(token, Float.NaN, List.of());
  }
}

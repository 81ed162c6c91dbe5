package org.millrace.inference.api;

import org.jspecify.annotations.Nullable;

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

  /**
   * What a device needs to draw the next token in this sampler's stead, or {@code null} where that
   * must be done here. Either {@link #take} or {@link #sample} is called next, and both would draw
   * the same token.
   */
  default @Nullable TokenDraw prepare() {
    return null;
  }

  /** Remembers the token that a device drew as {@link #prepare} said, or found. */
  default SampledToken take(DrawnToken drawn) {
    throw new UnsupportedOperationException("a sampler that prepares nothing takes nothing");
  }
}

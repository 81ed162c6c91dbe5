package org.millrace.inference.api;

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
}

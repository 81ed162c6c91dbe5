package org.millrace.inference.api;

import java.util.List;

/**
 * A token drawn from the model's distribution.
 *
 * @param token its id
 * @param logprob natural logarithm of its probability under the model's own distribution
 *     (temperature 1, no filter), or NaN when not asked for
 * @param top the most likely tokens, most likely first; empty when not asked for
 */
public record SampledToken(int token, float logprob, List<TokenLogprob> top) {

  /** A token and the natural logarithm of its probability. */
  public record TokenLogprob(int token, float logprob) {}
}

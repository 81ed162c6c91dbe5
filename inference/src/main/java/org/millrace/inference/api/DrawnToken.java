package org.millrace.inference.api;

/**
 * What a device drew.
 *
 * @param token -1 where the device could not: logits are no numbers, nothing is allowed, or more
 *     tokens come into question than it sorts; then the sampler looks itself
 * @param logit of the token, before anything was added to it
 * @param largest logit of all; with {@code weights} of use only where log-probabilities were asked
 *     for
 * @param weights the sum over all tokens of {@code e^(logit - largest)}, in parts of 2^-42
 */
public record DrawnToken(int token, float logit, float largest, long weights) {
  /** The device could not. */
  public static final DrawnToken NONE = new DrawnToken(-1, 0, 0, 0);
}

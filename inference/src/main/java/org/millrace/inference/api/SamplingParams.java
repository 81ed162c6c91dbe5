package org.millrace.inference.api;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How tokens are drawn. Applied in this order: constraint, logit bias, penalties, temperature,
 * top-k, top-p, min-p.
 *
 * @param temperature 0 (greedy) to 2
 * @param topK keep the k most likely, 0 for all
 * @param topP keep the most likely whose probabilities sum to this, in (0, 1]
 * @param minP drop what is less likely than this share of the most likely, in [0, 1]
 * @param repetitionPenalty divides positive and multiplies negative logits of tokens seen in prompt
 *     or output; 1 for none
 * @param presencePenalty subtracted once from tokens already generated, -2 to 2
 * @param frequencyPenalty subtracted for each time a token was generated, -2 to 2
 * @param seed of the sequence's random generator
 * @param logitBias added to the logits of these tokens, -100 to 100
 * @param logprobs whether to report the drawn token's log-probability
 * @param topLogprobs how many of the most likely tokens to report, 0 to 20
 * @param constraint what the output is kept to, {@code null} for nothing; log-probabilities are
 *     those of the model, as if there were none
 */
public record SamplingParams(
    float temperature,
    int topK,
    float topP,
    float minP,
    float repetitionPenalty,
    float presencePenalty,
    float frequencyPenalty,
    long seed,
    Map<Integer, Float> logitBias,
    boolean logprobs,
    int topLogprobs,
    @Nullable Constraint constraint) {

  /** Without a constraint. */
  public SamplingParams(
      float temperature,
      int topK,
      float topP,
      float minP,
      float repetitionPenalty,
      float presencePenalty,
      float frequencyPenalty,
      long seed,
      Map<Integer, Float> logitBias,
      boolean logprobs,
      int topLogprobs) {
    this(
        temperature,
        topK,
        topP,
        minP,
        repetitionPenalty,
        presencePenalty,
        frequencyPenalty,
        seed,
        logitBias,
        logprobs,
        topLogprobs,
        null);
  }

  /** The same with another seed. */
  public SamplingParams withSeed(long other) {
    return new SamplingParams(
        temperature,
        topK,
        topP,
        minP,
        repetitionPenalty,
        presencePenalty,
        frequencyPenalty,
        other,
        logitBias,
        logprobs,
        topLogprobs,
        constraint);
  }

  /** The same, kept to a constraint. */
  public SamplingParams withConstraint(@Nullable Constraint other) {
    return new SamplingParams(
        temperature,
        topK,
        topP,
        minP,
        repetitionPenalty,
        presencePenalty,
        frequencyPenalty,
        seed,
        logitBias,
        logprobs,
        topLogprobs,
        other);
  }

  /** The most likely token each time. */
  public static SamplingParams greedy() {
    return new SamplingParams(0f, 0, 1f, 0f, 1f, 0f, 0f, 0L, Map.of(), false, 0);
  }
}

package org.millrace.serving.request;

import java.util.List;
import org.millrace.billing.api.TokenUsage;
import org.millrace.inference.api.SamplingParams;
import org.millrace.tenancy.api.Caller;

/**
 * What was asked for, checked, tokenised and counted.
 *
 * @param choices completions per prompt
 * @param sampling the first choice's; choice {@code i} takes its seed plus {@code i}
 */
public record RequestSpec(
    String requestId,
    Caller caller,
    String model,
    List<PromptTokens> prompts,
    int choices,
    List<String> stop,
    SamplingParams sampling) {

  /**
   * @param tokens a prompt's tokens; never written to
   * @param outputTokensMax most tokens of each of its choices
   */
  public record PromptTokens(int[] tokens, int outputTokensMax) {
    /** Most positions that one of its sequences takes in the cache. */
    public int positionsMax() {
      return tokens.length + outputTokensMax;
    }
  }

  public int sequences() {
    return prompts.size() * choices;
  }

  /** Prompt tokens, each prompt once. */
  public int inputTokens() {
    int sum = 0;
    for (PromptTokens prompt : prompts) {
      sum += prompt.tokens.length;
    }
    return sum;
  }

  /** The most that can be billed. */
  public TokenUsage worstCase() {
    long output = 0;
    for (PromptTokens prompt : prompts) {
      output += (long) choices * prompt.outputTokensMax;
    }
    return new TokenUsage(inputTokens(), 0, output);
  }

  SamplingParams samplingOf(int choice) {
    return sampling.withSeed(sampling.seed() + choice);
  }
}

package org.millrace.billing.api;

/**
 * Tokens of one request, by meter.
 *
 * @param inputTokens prompt tokens, cached ones included
 * @param cachedInputTokens of those, found in the prefix cache
 * @param outputTokens generated tokens
 */
public record TokenUsage(long inputTokens, long cachedInputTokens, long outputTokens) {
  public TokenUsage {
    if (cachedInputTokens < 0 || cachedInputTokens > inputTokens || outputTokens < 0) {
      throw new IllegalArgumentException(
          "not a usage: input %d, cached %d, output %d"
              .formatted(inputTokens, cachedInputTokens, outputTokens));
    }
  }
}

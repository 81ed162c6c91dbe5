package org.millrace.billing.rating;

import java.math.BigDecimal;
import org.millrace.billing.api.Money;
import org.millrace.billing.api.TokenUsage;

/**
 * The prices of one model, per million tokens. A price has at most six decimals, so a token costs a
 * multiple of 10<sup>-12</sup>: every cost is exact.
 *
 * @param input per million prompt tokens that were computed
 * @param cachedInput per million prompt tokens found in the prefix cache
 * @param output per million generated tokens
 */
public record Rates(BigDecimal input, BigDecimal cachedInput, BigDecimal output, String currency) {
  public static final int PRICE_SCALE = 6;

  /** Tokens that a price is for: 10<sup>6</sup>. */
  private static final int PER_TOKENS_EXPONENT = 6;

  /**
   * Brings the prices to their scale; one with more decimals is a bug and throws {@link
   * ArithmeticException}.
   */
  public Rates {
    input = price(input);
    cachedInput = price(cachedInput);
    output = price(output);
  }

  private static BigDecimal price(BigDecimal price) {
    if (price.signum() < 0) {
      throw new IllegalArgumentException("price " + price.toPlainString() + " is negative");
    }
    return price.setScale(PRICE_SCALE);
  }

  /** What this usage costs. */
  public Money cost(TokenUsage usage) {
    long computed = usage.inputTokens() - usage.cachedInputTokens();
    return money(
        times(computed, input)
            .add(times(usage.cachedInputTokens(), cachedInput))
            .add(times(usage.outputTokens(), output)));
  }

  /**
   * The most that any usage within this worst case costs. How many prompt tokens the cache has is
   * known only when they are looked up, so all of them are taken at the dearer of the two prices.
   */
  public Money most(TokenUsage worstCase) {
    return money(
        times(worstCase.inputTokens(), input.max(cachedInput))
            .add(times(worstCase.outputTokens(), output)));
  }

  private static BigDecimal times(long tokens, BigDecimal price) {
    return price.multiply(BigDecimal.valueOf(tokens));
  }

  private Money money(BigDecimal perMillion) {
    return new Money(perMillion.movePointLeft(PER_TOKENS_EXPONENT), currency);
  }
}

package org.millrace.billing.api;

import java.math.BigDecimal;

/**
 * An exact amount. Amounts have twelve decimals, because a price has six (per million tokens): a
 * token's cost is exact and nothing is rounded before the invoice line.
 *
 * @param amount scale {@link #SCALE}
 * @param currency ISO 4217 code
 */
public record Money(BigDecimal amount, String currency) {
  public static final int SCALE = 12;

  /**
   * Brings the amount to the scale; an amount with more decimals is a bug and throws {@link
   * ArithmeticException}.
   */
  public Money {
    amount = amount.setScale(SCALE);
    if (currency.length() != 3) {
      throw new IllegalArgumentException("currency '" + currency + "' is not an ISO 4217 code");
    }
  }

  public static Money of(String amount, String currency) {
    return new Money(new BigDecimal(amount), currency);
  }

  public static Money zero(String currency) {
    return new Money(BigDecimal.ZERO, currency);
  }

  public Money plus(Money other) {
    return new Money(amount.add(sameCurrency(other).amount), currency);
  }

  public Money minus(Money other) {
    return new Money(amount.subtract(sameCurrency(other).amount), currency);
  }

  /** The amount as a plain decimal without trailing zeros, e.g. {@code 0.00031}. */
  public String plain() {
    return amount.signum() == 0 ? "0" : amount.stripTrailingZeros().toPlainString();
  }

  private Money sameCurrency(Money other) {
    if (!currency.equals(other.currency)) {
      throw new IllegalArgumentException("cannot combine " + currency + " and " + other.currency);
    }
    return other;
  }
}

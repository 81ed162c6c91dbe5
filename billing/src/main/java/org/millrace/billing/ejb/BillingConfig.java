package org.millrace.billing.ejb;

import java.util.Optional;
import java.util.function.Function;

/**
 * Every setting of billing.
 *
 * @param defaultCurrency {@value #CURRENCY}: what a tenant without credit has nothing of; ISO 4217,
 *     default EUR
 */
record BillingConfig(String defaultCurrency) {
  static final String CURRENCY = "millrace.billing.currency";

  /** Reads the settings through a function from key to value. */
  static BillingConfig read(Function<String, Optional<String>> settings) {
    String currency = settings.apply(CURRENCY).map(String::strip).orElse("EUR");
    if (!currency.matches("[A-Z]{3}")) {
      throw new IllegalStateException(
          "%s is '%s'; it must be an ISO 4217 code such as EUR".formatted(CURRENCY, currency));
    }
    return new BillingConfig(currency);
  }
}

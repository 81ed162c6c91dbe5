package org.millrace.billing.api;

import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import org.millrace.tenancy.api.Actor;

/** The price book: what a million tokens cost, per model and meter, from a date on. */
public interface Prices {
  /** Meters of a token-priced model. */
  enum Meter {
    INPUT,
    CACHED_INPUT,
    OUTPUT
  }

  /**
   * @param model the model's served name
   * @param perMillionTokens at most six decimals, not negative
   * @param validFrom a price holds until a later one for the same model and meter
   */
  record Price(
      String model, Meter meter, BigDecimal perMillionTokens, String currency, Instant validFrom) {}

  /** Prices in force now. */
  List<Price> current();

  /** Sets the three prices of a model from now on; writes the audit row. */
  void set(
      Actor actor,
      String model,
      BigDecimal input,
      BigDecimal cachedInput,
      BigDecimal output,
      String currency);
}

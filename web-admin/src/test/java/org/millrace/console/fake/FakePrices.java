package org.millrace.console.fake;

import jakarta.inject.Singleton;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.millrace.billing.api.BillingError;
import org.millrace.billing.api.BillingException;
import org.millrace.billing.api.Prices;
import org.millrace.tenancy.api.Actor;

/** The prices in force, no history. */
@Singleton
public class FakePrices implements Prices {
  public final List<Price> all = new ArrayList<>();

  @Override
  public List<Price> current() {
    return List.copyOf(all);
  }

  @Override
  public void set(
      Actor actor,
      String model,
      BigDecimal input,
      BigDecimal cachedInput,
      BigDecimal output,
      String currency) {
    if (input.signum() < 0 || cachedInput.signum() < 0 || output.signum() < 0) {
      throw new BillingException(
          BillingError.INVALID_VALUE, "the price is " + input + "; it must not be negative");
    }
    all.removeIf(p -> p.model().equals(model));
    Instant now = Instant.now();
    all.add(new Price(model, Meter.INPUT, input, currency, now));
    all.add(new Price(model, Meter.CACHED_INPUT, cachedInput, currency, now));
    all.add(new Price(model, Meter.OUTPUT, output, currency, now));
  }
}

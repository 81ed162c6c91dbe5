package org.millrace.billing.ledger;

import java.math.BigDecimal;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.millrace.billing.access.Access;
import org.millrace.billing.api.Prices;
import org.millrace.billing.persistence.PriceStore;
import org.millrace.billing.persistence.Tables;
import org.millrace.db.TenantScope;
import org.millrace.tenancy.api.Actor;
import org.millrace.tenancy.api.AuditTrail;
import org.millrace.transaction.UnitOfWork;

/** See {@link Prices}. Thread-safe. */
public final class PriceBook implements Prices {
  private final UnitOfWork<Tables> work;
  private final AuditTrail audit;
  private final InstantSource clock;

  public PriceBook(UnitOfWork<Tables> work, AuditTrail audit, InstantSource clock) {
    this.work = work;
    this.audit = audit;
    this.clock = clock;
  }

  @Override
  public List<Price> current() {
    return work.in(TenantScope.none(), tables -> tables.prices().inForce(null));
  }

  @Override
  public void set(
      Actor actor,
      String model,
      BigDecimal input,
      BigDecimal cachedInput,
      BigDecimal output,
      String currency) {
    TenantScope scope = Access.toChangeMoney(actor);
    Checks.text("the model's name", model);
    Checks.currency(currency);
    Checks.price("input", input);
    Checks.price("cached input", cachedInput);
    Checks.price("output", output);
    work.<@Nullable Void>in(
        scope,
        tables -> {
          PriceStore prices = tables.prices();
          prices.openPlatformAccounts(currency);
          prices.lock(model);
          Instant from = prices.nextValidFrom(model, now());
          prices.add(new Price(model, Meter.INPUT, input, currency, from));
          prices.add(new Price(model, Meter.CACHED_INPUT, cachedInput, currency, from));
          prices.add(new Price(model, Meter.OUTPUT, output, currency, from));
          var details =
              Map.of(
                  "input", input.toPlainString(),
                  "cached_input", cachedInput.toPlainString(),
                  "output", output.toPlainString(),
                  "currency", currency);
          audit.append(actor, null, "price.set", model, details);
          return null;
        });
  }

  /** As precise as the database, so that a price set now is in force now. */
  private Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.MICROS);
  }
}

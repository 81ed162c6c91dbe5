package org.millrace.billing.persistence;

import java.math.BigDecimal;
import java.time.Instant;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.millrace.billing.api.Prices.Meter;
import org.millrace.billing.api.Prices.Price;
import org.millrace.billing.rating.Rates;

/**
 * The price book. Prices are nobody's secret: no scope is needed to read them. No price is set
 * ahead of its time, so the newest one is in force, whatever the clock of who asks says: a clock
 * that goes back must not bring an old price back.
 */
public final class PriceStore {
  private static final String IN_FORCE =
      """
      SELECT DISTINCT ON (model, meter) * FROM price
       WHERE ?::text IS NULL OR model = ? ORDER BY model, meter, valid_from DESC\
      """;

  private final Statements sql;

  PriceStore(Statements sql) {
    this.sql = sql;
  }

  /** The rates of a model; empty where one of the three is missing, or in another currency. */
  public Optional<Rates> rates(String model) {
    Map<Meter, Price> prices = new EnumMap<>(Meter.class);
    inForce(model).forEach(price -> prices.put(price.meter(), price));
    long currencies = prices.values().stream().map(Price::currency).distinct().count();
    if (prices.size() < Meter.values().length || currencies != 1) {
      return Optional.empty();
    }
    return Optional.of(
        new Rates(
            perMillion(prices, Meter.INPUT),
            perMillion(prices, Meter.CACHED_INPUT),
            perMillion(prices, Meter.OUTPUT),
            prices.values().iterator().next().currency()));
  }

  private static BigDecimal perMillion(Map<Meter, Price> prices, Meter meter) {
    Price price = prices.get(meter);
    if (price == null) {
      throw new IllegalStateException("no price for " + meter);
    }
    return price.perMillionTokens();
  }

  /** Ordered by model and meter; {@code model null} for all. */
  public List<Price> inForce(@Nullable String model) {
    return sql.list(
        IN_FORCE,
        row ->
            new Price(
                row.getString("model"),
                Meter.valueOf(row.getString("meter")),
                row.getBigDecimal("per_million"),
                row.getString("currency"),
                Statements.instant(row, "valid_from")),
        model,
        model);
  }

  /** Until the transaction ends nobody else sets prices of this model: who comes later is later. */
  public void lock(String model) {
    sql.list(
        "SELECT pg_advisory_xact_lock(hashtextextended('price of ' || ?, 0))", row -> model, model);
  }

  /**
   * From when on a price set now holds: after the last one, so that the newest is always the one in
   * force.
   */
  public Instant nextValidFrom(String model, Instant now) {
    return sql.find(
            "SELECT greatest(?::timestamptz, max(valid_from) + interval '1 microsecond') AS next FROM price WHERE model = ?",
            row -> Statements.instant(row, "next"),
            now,
            model)
        .orElseThrow();
  }

  public void add(Price price) {
    sql.update(
        "INSERT INTO price (model, meter, valid_from, per_million, currency) VALUES (?, ?, ?, ?, ?)",
        price.model(),
        price.meter().name(),
        price.validFrom(),
        price.perMillionTokens(),
        price.currency());
  }

  /** Opens the platform's accounts in a currency, so that a tenant's own transactions find them. */
  public void openPlatformAccounts(String currency) {
    sql.list(
        "SELECT platform_account('REVENUE', ?), platform_account('GRANT_SOURCE', ?)",
        row -> row.getObject(1, UUID.class),
        currency,
        currency);
  }
}

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

/** The price book. Prices are nobody's secret: no scope is needed to read them. */
public final class PriceStore {
  private static final String IN_FORCE =
      """
      SELECT DISTINCT ON (model, meter) * FROM price
       WHERE (?::text IS NULL OR model = ?) AND valid_from <= ? ORDER BY model, meter, valid_from DESC\
      """;

  private final Statements sql;

  PriceStore(Statements sql) {
    this.sql = sql;
  }

  /** The rates of a model in force at a time; empty where one of the three is missing. */
  public Optional<Rates> rates(String model, Instant at) {
    Map<Meter, Price> prices = new EnumMap<>(Meter.class);
    inForce(model, at).forEach(price -> prices.put(price.meter(), price));
    if (prices.size() < Meter.values().length) {
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
  public List<Price> inForce(@Nullable String model, Instant at) {
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
        model,
        at);
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

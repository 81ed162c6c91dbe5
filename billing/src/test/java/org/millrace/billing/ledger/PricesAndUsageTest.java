package org.millrace.billing.ledger;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.millrace.billing.api.BillingError;
import org.millrace.billing.api.Money;
import org.millrace.billing.api.Prices.Meter;
import org.millrace.billing.api.Prices.Price;
import org.millrace.billing.api.TokenUsage;
import org.millrace.billing.api.UsageRecords.DailyUsage;
import org.millrace.billing.api.UsageRecords.UsageRecord;
import org.millrace.db.Fixture;
import org.millrace.db.TenantScope;
import org.millrace.tenancy.api.Actor;

class PricesAndUsageTest {
  private static final Books BOOKS = new Books();

  @AfterAll
  static void close() {
    BOOKS.close();
  }

  @Test
  void theLastPriceSetIsTheOneInForceEvenWithinOneInstant() {
    for (String price : List.of("3", "2", "0.000001")) {
      BigDecimal amount = new BigDecimal(price);
      BOOKS.prices.set(Actor.system(), "p", amount, BigDecimal.ZERO, BigDecimal.TEN, "EUR");
    }
    BOOKS.pass(Duration.ofMillis(1));
    Map<Meter, Price> current = new EnumMap<>(Meter.class);
    BOOKS.prices.current().stream()
        .filter(p -> p.model().equals("p"))
        .forEach(p -> current.put(p.meter(), p));
    assertEquals(
        List.of("0.000001", "0.000000", "10.000000"),
        current.values().stream().map(p -> p.perMillionTokens().toPlainString()).toList());
    assertTrue(current.values().stream().allMatch(p -> p.currency().equals("EUR")));
    assertEquals(3, BOOKS.audit.actions().stream().filter("price.set p"::equals).count());
  }

  @Test
  void aPriceSetWhileTheClockWasWrongIsInForceAndIsReplacedByTheNextOne() {
    Instant right = BOOKS.clock.instant();
    BOOKS.now.set(right.plus(Duration.ofDays(3_650)));
    BOOKS.price("ahead", 3);
    BOOKS.now.set(right);
    assertEquals(30, micros(place("ahead")));
    BOOKS.price("ahead", 2);
    assertEquals(20, micros(place("ahead")));
    assertEquals(
        List.of("2.000000", "2.000000", "2.000000"),
        BOOKS.prices.current().stream()
            .filter(p -> p.model().equals("ahead"))
            .map(p -> p.perMillionTokens().toPlainString())
            .toList());
  }

  /** Of ten tokens. */
  private static Money place(String model) {
    Fixture.Tenant mill = BOOKS.tenantWithTokens(1_000);
    return BOOKS.holds.place(Books.request(mill, Books.newId(), model, 10, 0)).amount();
  }

  private static long micros(Money money) {
    return money.amount().movePointRight(6).longValueExact();
  }

  @Test
  void aModelPricedForSomeOfTheMetersIsNotSold() throws SQLException {
    try (var platform = BOOKS.database.asPlatform()) {
      for (Meter meter : List.of(Meter.INPUT, Meter.OUTPUT)) {
        Fixture.run(
            platform, "INSERT INTO price VALUES ('some', ?, now(), 1, 'USD')", meter.name());
      }
      platform.commit();
    }
    HoldBookTest.assertRefused(BillingError.NO_PRICE, () -> place("some"));
  }

  @Test
  void aModelWhoseMetersArePricedInTwoCurrenciesIsNotSold() throws SQLException {
    try (var platform = BOOKS.database.asPlatform()) {
      for (Meter meter : Meter.values()) {
        Fixture.run(
            platform,
            "INSERT INTO price VALUES ('both', ?, now(), 1, ?)",
            meter.name(),
            meter == Meter.OUTPUT ? "EUR" : "USD");
      }
      platform.commit();
    }
    HoldBookTest.assertRefused(BillingError.NO_PRICE, () -> place("both"));
  }

  @Test
  void aBadPriceOrARoleThatMayNotIsRefused() {
    BigDecimal one = BigDecimal.ONE;
    BigDecimal negative = new BigDecimal("-0.1");
    BigDecimal fine = new BigDecimal("0.0000001");
    HoldBookTest.assertRefused(
        BillingError.INVALID_VALUE,
        () -> BOOKS.prices.set(Actor.system(), "p", one, negative, one, "USD"));
    HoldBookTest.assertRefused(
        BillingError.INVALID_VALUE,
        () -> BOOKS.prices.set(Actor.system(), "p", one, one, fine, "USD"));
    HoldBookTest.assertRefused(
        BillingError.INVALID_VALUE,
        () -> BOOKS.prices.set(Actor.system(), "p", one, one, one, "usd"));
    Actor auditor = new Actor("s", "n", Set.of(Actor.AUDITOR), null);
    HoldBookTest.assertRefused(
        BillingError.FORBIDDEN, () -> BOOKS.prices.set(auditor, "p", one, one, one, "USD"));
  }

  @Test
  void creditInAnotherCurrencyThanThePricePaysForNothing() {
    Fixture.Tenant mill = BOOKS.tenantWithTokens(1_000);
    BigDecimal one = BigDecimal.ONE;
    BOOKS.prices.set(Actor.system(), "euro", one, one, one, "EUR");
    HoldBookTest.assertRefused(
        BillingError.INSUFFICIENT_CREDIT,
        () -> BOOKS.holds.place(Books.request(mill, Books.newId(), "euro", 1, 1)));
  }

  @Test
  void usageIsSummedByDayOfUtcTenantAndModelAndFencedByTenant() {
    Fixture.Tenant mill = BOOKS.tenantWithTokens(1_000);
    Fixture.Tenant other = BOOKS.tenantWithTokens(1_000);
    BOOKS.now.set(Instant.parse("2027-01-31T23:59:59.999999Z"));
    use(mill, 10, 1);
    use(mill, 20, 2);
    use(other, 100, 3);
    BOOKS.now.set(Instant.parse("2027-02-01T00:00:00Z"));
    use(mill, 30, 3);
    LocalDate from = LocalDate.of(2027, 1, 31);
    LocalDate to = LocalDate.of(2027, 2, 2);

    assertEquals(
        List.of(
            new DailyUsage(from, mill.id(), "m", 2, new TokenUsage(30, 0, 3), Books.dollars(33)),
            new DailyUsage(
                from.plusDays(1), mill.id(), "m", 1, new TokenUsage(30, 0, 3), Books.dollars(33))),
        BOOKS.usage.daily(Actor.system(), mill.id(), from, to));
    assertEquals(2, BOOKS.usage.daily(Actor.system(), null, from, from.plusDays(1)).size());

    Actor admin = new Actor("s", "n", Set.of(Actor.TENANT_ADMIN), mill.id());
    assertEquals(2, BOOKS.usage.daily(admin, null, from, to).size());
    List<UsageRecord> latest = BOOKS.usage.latest(admin, null, 10);
    assertEquals(
        List.of(30L, 20L, 10L),
        latest.stream()
            .map(u -> u.usage().inputTokens())
            .sorted((a, b) -> Long.compare(b, a))
            .toList());
    assertEquals(30L, latest.getFirst().usage().inputTokens());
    HoldBookTest.assertRefused(
        BillingError.NOT_FOUND, () -> BOOKS.usage.latest(admin, other.id(), 10));
    HoldBookTest.assertRefused(
        BillingError.INVALID_VALUE, () -> BOOKS.usage.daily(admin, null, from, from));
    HoldBookTest.assertRefused(
        BillingError.INVALID_VALUE, () -> BOOKS.usage.latest(admin, null, 1001));
  }

  @Test
  void withoutAScopeNothingIsSeenButPrices() {
    use(BOOKS.tenantWithTokens(10), 1, 1);
    assertEquals(
        List.of(), BOOKS.work.in(TenantScope.none(), tables -> tables.usage().latest(null, 10)));
    assertEquals(List.of(), BOOKS.work.in(TenantScope.none(), tables -> tables.holds().open(10)));
    assertTrue(BOOKS.work.in(TenantScope.none(), tables -> tables.prices().rates("m")).isPresent());
  }

  private static void use(Fixture.Tenant tenant, long input, long output) {
    String id = Books.newId();
    BOOKS.holds.place(Books.request(tenant, id, input, output));
    BOOKS.holds.settle(id, BOOKS.finished(input, output));
  }
}

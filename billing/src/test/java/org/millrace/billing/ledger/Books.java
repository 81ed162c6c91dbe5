package org.millrace.billing.ledger;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.millrace.billing.api.Credits;
import org.millrace.billing.api.Holds.Completion;
import org.millrace.billing.api.Holds.HoldRequest;
import org.millrace.billing.api.Money;
import org.millrace.billing.api.TokenUsage;
import org.millrace.billing.persistence.DatabaseFailures;
import org.millrace.billing.persistence.Tables;
import org.millrace.billing.persistence.UsageRecordEntity;
import org.millrace.db.Fixture;
import org.millrace.db.LedgerVerifier;
import org.millrace.db.TestDatabase;
import org.millrace.tenancy.api.Actor;
import org.millrace.transaction.LocalUnitOfWork;
import org.postgresql.ds.PGPoolingDataSource;

/**
 * Billing on a real database, with a clock that is moved by hand. Model {@code m} costs one dollar
 * for a million tokens of any kind.
 */
@SuppressWarnings("deprecation") // the driver's own small pool is enough for tests
final class Books implements AutoCloseable {
  static final Instant START = Fixture.NOW;

  /** Whose the holds of a test are. */
  static final long CLAIM = 7;

  private static final AtomicInteger NUMBER = new AtomicInteger();

  final TestDatabase database;
  final Fixture fixture;
  final AtomicReference<Instant> now = new AtomicReference<>(START);
  final InstantSource clock = now::get;
  final RecordedAudit audit;
  final LocalUnitOfWork<Tables> work;
  final HoldBook holds;
  final CreditBook credits;
  final PriceBook prices;
  final UsageBook usage;
  private final PGPoolingDataSource pool = new PGPoolingDataSource();

  Books() {
    this(TestDatabase.migrated());
  }

  Books(TestDatabase database) {
    this.database = database;
    fixture = new Fixture(database);
    audit = new RecordedAudit(database);
    pool.setDataSourceName("books-" + NUMBER.incrementAndGet());
    pool.setUrl(database.url());
    pool.setUser("millrace_app");
    pool.setPassword(TestDatabase.APP_PASSWORD);
    pool.setMaxConnections(32);
    work =
        new LocalUnitOfWork<>(
            pool, List.of(UsageRecordEntity.class), Tables::new, DatabaseFailures::translated);
    holds = new HoldBook(work, clock);
    credits = new CreditBook(work, audit, clock, "USD");
    prices = new PriceBook(work, audit, clock);
    usage = new UsageBook(work);
    BigDecimal one = BigDecimal.ONE;
    prices.set(Actor.system(), "m", one, one, one, "USD");
  }

  Fixture.Tenant tenant() {
    try {
      return fixture.tenant("tenant-" + NUMBER.incrementAndGet());
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A tenant whose credit pays for so many tokens of model m. */
  Fixture.Tenant tenantWithTokens(long tokens) {
    Fixture.Tenant tenant = tenant();
    grant(tenant, "first", tokens, 1, null);
    return tenant;
  }

  Credits.Grant grant(
      Fixture.Tenant tenant,
      String reference,
      long tokens,
      int priority,
      @Nullable Instant expires) {
    return credits.grant(
        Actor.system(), tenant.id(), reference, dollars(tokens), priority, expires);
  }

  static HoldRequest request(Fixture.Tenant tenant, String id, long input, long output) {
    return request(tenant, id, "m", input, output);
  }

  static HoldRequest request(
      Fixture.Tenant tenant, String id, String model, long input, long output) {
    return new HoldRequest(
        id,
        CLAIM,
        tenant.id(),
        tenant.projectId(),
        tenant.keyId(),
        model,
        new TokenUsage(input, 0, output),
        Duration.ofMinutes(10));
  }

  Completion finished(long input, long output) {
    return new Completion(
        new TokenUsage(input, 0, output), "finished", clock.instant(), clock.instant());
  }

  Credits.Balance balance(Fixture.Tenant tenant) {
    return credits.balance(tenant.id());
  }

  /** What so many tokens of model m cost. */
  static Money dollars(long tokens) {
    return new Money(BigDecimal.valueOf(tokens, 6), "USD");
  }

  static String newId() {
    return "req-" + UUID.randomUUID();
  }

  /** The three prices of a model, all the same. */
  void price(String model, long perMillion) {
    BigDecimal price = BigDecimal.valueOf(perMillion);
    prices.set(Actor.system(), model, price, price, price, "USD");
  }

  void pass(Duration time) {
    now.updateAndGet(t -> t.plus(time));
  }

  LedgerVerifier.Report verified() {
    try (Connection owner = database.asOwner()) {
      LedgerVerifier.Report report = LedgerVerifier.verify(owner);
      assertTrue(report.ok(), report.toString());
      return report;
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A day later, when all that was open has ended. */
  LedgerVerifier.Report atRest() {
    pass(Duration.ofDays(1));
    holds.expireOverdue();
    credits.expireGrants();
    return verified();
  }

  @Override
  public void close() {
    work.close();
    pool.close();
  }
}

package org.millrace.billing.ledger;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.random.RandomGenerator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.millrace.billing.api.BillingError;
import org.millrace.billing.api.BillingException;
import org.millrace.billing.api.Credits.Balance;
import org.millrace.billing.api.Money;
import org.millrace.db.Fixture;

/** Whatever happens, in whatever order, the ledger is whole. A failing seed replays. */
class RandomOperationsTest {
  private static final int STEPS = 300;

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void anyOrderOfOperationsLeavesTheLedgerWhole(long seed) {
    try (Books books = new Books()) {
      Run run = new Run(books, new Random(seed));
      for (int step = 0; step < STEPS; step++) {
        run.step();
        if (step % 50 == 0) {
          books.verified();
        }
      }
      run.finish();
    }
  }

  private static final class Run {
    private final Books books;
    private final RandomGenerator random;
    private final List<Fixture.Tenant> tenants = new ArrayList<>();
    private final List<String> requests = new ArrayList<>();
    private Money spent = Money.zero("USD");
    private int settled;

    Run(Books books, RandomGenerator random) {
      this.books = books;
      this.random = random;
      for (int i = 0; i < 3; i++) {
        tenants.add(books.tenant());
      }
    }

    void step() {
      try {
        operation(random.nextInt(100));
      } catch (BillingException refusal) {
        assertTrue(
            refusal.error() == BillingError.INSUFFICIENT_CREDIT
                || refusal.error() == BillingError.HOLD_ENDED
                || refusal.error() == BillingError.DUPLICATE_REQUEST
                || refusal.error() == BillingError.INVALID_VALUE,
            refusal.toString());
      }
    }

    private void operation(int dice) {
      if (dice < 10) {
        var expires =
            random.nextBoolean() ? null : books.clock.instant().plusSeconds(random.nextInt(1, 900));
        books.grant(
            tenant(),
            "g" + random.nextInt(20),
            random.nextInt(1, 2_000),
            random.nextInt(3),
            expires);
      } else if (dice < 45) {
        String id = random.nextInt(10) == 0 && !requests.isEmpty() ? request() : Books.newId();
        requests.add(
            books
                .holds
                .place(Books.request(tenant(), id, random.nextInt(100), random.nextInt(100)))
                .requestId());
      } else if (dice < 75 && !requests.isEmpty()) {
        settle(request());
      } else if (dice < 85 && !requests.isEmpty()) {
        books.holds.release(request(), Books.CLAIM);
      } else if (dice < 90) {
        books.holds.expireOverdue();
        books.credits.expireGrants();
      } else {
        books.pass(Duration.ofSeconds(random.nextInt(300)));
      }
    }

    private void settle(String id) {
      boolean before = tenants.stream().anyMatch(t -> books.usage.find(t.id(), id).isPresent());
      Money cost =
          books.holds.settle(id, books.finished(random.nextInt(60), random.nextInt(60))).cost();
      if (!before) {
        spent = spent.plus(cost);
        settled++;
      }
    }

    /** Everything given is either spent, or taken back, or still there. */
    void finish() {
      var report = books.atRest();
      assertEquals(0, report.openHolds());
      assertEquals(settled, report.usageRecords());
      assertTrue(settled > 10, "only " + settled + " settled: the run proves little");
      Money granted = Money.zero("USD");
      Money unspent = Money.zero("USD");
      Money available = Money.zero("USD");
      for (Fixture.Tenant tenant : tenants) {
        Balance balance = books.balance(tenant);
        available = available.plus(balance.available());
        for (var grant : balance.grants()) {
          granted = granted.plus(grant.amount());
          unspent = unspent.plus(grant.remaining());
        }
      }
      assertEquals(unspent, available);
      assertTrue(spent.plus(available).amount().compareTo(granted.amount()) <= 0);
    }

    private Fixture.Tenant tenant() {
      return tenants.get(random.nextInt(tenants.size()));
    }

    /** One of the last few, so that many are still open. */
    private String request() {
      return requests.get(Math.max(0, requests.size() - 1 - random.nextInt(6)));
    }
  }
}

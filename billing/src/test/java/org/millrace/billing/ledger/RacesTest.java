package org.millrace.billing.ledger;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.millrace.billing.api.BillingError;
import org.millrace.billing.api.BillingException;
import org.millrace.billing.api.Holds.Hold;
import org.millrace.billing.api.Holds.HoldRequest;
import org.millrace.billing.api.Holds.Settlement;
import org.millrace.billing.api.Money;
import org.millrace.db.Fixture;

/** Many clients at once, as on many nodes: nothing here is shared but the database. */
class RacesTest {
  private static final Books BOOKS = new Books();
  private final HoldBook holds = BOOKS.holds;

  @AfterEach
  void theLedgerIsWhole() {
    BOOKS.verified();
  }

  @AfterAll
  static void close() {
    BOOKS.close();
  }

  @Test
  void fiftyRequestsOnCreditForTenGetTenHoldsAndNeverMore() {
    Fixture.Tenant mill = BOOKS.tenantWithTokens(1_000);
    List<Object> answers =
        together(50, n -> holds.place(Books.request(mill, Books.newId(), 60, 40)).amount());
    assertEquals(10, answers.stream().filter(Money.class::isInstance).count());
    assertEquals(40, answers.stream().filter(BillingError.INSUFFICIENT_CREDIT::equals).count());
    assertEquals(Money.zero("USD"), BOOKS.balance(mill).available());
  }

  @Test
  void fiftyWholeRequestsNeverSpendMoreThanTheCredit() {
    Fixture.Tenant mill = BOOKS.tenantWithTokens(1_000);
    List<Object> answers =
        together(
            50,
            n -> {
              String id = Books.newId();
              holds.place(Books.request(mill, id, 60, 40));
              return holds.settle(id, BOOKS.finished(60, n % 41)).cost();
            });
    Money spent =
        answers.stream()
            .filter(Money.class::isInstance)
            .map(Money.class::cast)
            .reduce(Money.zero("USD"), Money::plus);
    assertEquals(Books.dollars(1_000).minus(spent), BOOKS.balance(mill).available());
    assertTrue(
        answers.stream()
            .allMatch(a -> a instanceof Money || a == BillingError.INSUFFICIENT_CREDIT));
  }

  @Test
  void theFirstRequestsOfATenantWithoutAWalletDoNotTrip() {
    Fixture.Tenant poor = BOOKS.tenant();
    List<Object> answers =
        together(20, n -> holds.place(Books.request(poor, Books.newId(), 1, 0)).amount());
    assertTrue(
        answers.stream().allMatch(BillingError.INSUFFICIENT_CREDIT::equals), answers.toString());
  }

  @Test
  void oneRequestIdPlacedByManyIsOneHold() {
    Fixture.Tenant mill = BOOKS.tenantWithTokens(1_000);
    String id = Books.newId();
    List<Object> answers = together(20, n -> holds.place(Books.request(mill, id, 100, 0)).holdId());
    assertEquals(1, answers.stream().distinct().count(), answers.toString());
    assertEquals(Books.dollars(100), BOOKS.balance(mill).held());
  }

  @Test
  void aHoldSettledByManyIsPostedOnce() {
    Fixture.Tenant mill = BOOKS.tenantWithTokens(1_000);
    String id = Books.newId();
    holds.place(Books.request(mill, id, 100, 100));
    List<Object> answers = together(20, n -> holds.settle(id, BOOKS.finished(100, n)));
    assertEquals(1, answers.stream().distinct().count(), answers.toString());
    Settlement settlement = (Settlement) answers.getFirst();
    assertEquals(Books.dollars(1_000).minus(settlement.cost()), BOOKS.balance(mill).available());
  }

  @Test
  void settleReleaseAndExpireAtOnceEndEachHoldOnce() {
    Fixture.Tenant mill = BOOKS.tenantWithTokens(10_000);
    List<String> ids = IntStream.range(0, 30).mapToObj(n -> Books.newId()).toList();
    ids.forEach(id -> holds.place(Books.request(mill, id, 100, 0)));
    BOOKS.pass(Duration.ofMinutes(10));
    List<Object> answers =
        together(
            90,
            n ->
                switch (n % 3) {
                  case 0 -> holds.settle(ids.get(n / 3), BOOKS.finished(10, 0)).cost();
                  case 1 -> {
                    holds.release(ids.get(n / 3), Books.CLAIM);
                    yield "released";
                  }
                  default -> holds.expireOverdue();
                });
    long settled = answers.stream().filter(Money.class::isInstance).count();
    assertEquals(Money.zero("USD"), BOOKS.balance(mill).held());
    assertEquals(Books.dollars(10_000 - 10 * settled), BOOKS.balance(mill).available());
    assertTrue(
        answers.stream()
            .allMatch(a -> !(a instanceof BillingError) || a == BillingError.HOLD_ENDED),
        answers.toString());
  }

  @Test
  void aRequestThatMakesASharedTransactionFailFailsAlone() {
    Fixture.Tenant mill = BOOKS.tenantWithTokens(10_000);
    List<Object> answers =
        together(
            60,
            n -> {
              HoldRequest right = Books.request(mill, Books.newId(), 10, 0);
              return holds.place(n % 10 == 0 ? withUnknownKey(right) : right).amount();
            });
    assertEquals(54, answers.stream().filter(Books.dollars(10)::equals).count());
    assertEquals(6, answers.stream().filter(BillingError.NOT_FOUND::equals).count());
    assertEquals(Books.dollars(540), BOOKS.balance(mill).held());
  }

  private static HoldRequest withUnknownKey(HoldRequest request) {
    return new HoldRequest(
        request.requestId(),
        request.claim(),
        request.tenantId(),
        request.projectId(),
        UUID.randomUUID(),
        request.model(),
        request.worstCase(),
        request.timeout());
  }

  @Test
  void twoServersThatEndTheSameHoldsInSharedTransactionsDoNotLockEachOtherOut() {
    Fixture.Tenant mill = BOOKS.tenantWithTokens(10_000);
    List<String> ids = IntStream.range(0, 40).mapToObj(n -> Books.newId()).toList();
    ids.forEach(id -> holds.place(Books.request(mill, id, 100, 0)));
    HoldBook other = new HoldBook(BOOKS.work, BOOKS.clock);
    List<Object> answers =
        together(
            80,
            n -> {
              String id = ids.get(n < 40 ? n : 79 - n);
              return (n < 40 ? holds : other).settle(id, BOOKS.finished(10, 0)).cost();
            });
    assertEquals(80, answers.stream().filter(Books.dollars(10)::equals).count());
    assertEquals(Books.dollars(9_600), BOOKS.balance(mill).available());
  }

  @Test
  void aHoldDuringChangesOfThePriceIsAtOneOfThemAndSettledAtTheSame() {
    Fixture.Tenant mill = BOOKS.tenantWithTokens(10_000_000);
    BOOKS.price("moving", 1);
    List<Object> answers =
        together(
            60,
            n -> {
              if (n % 3 == 0) {
                BOOKS.price("moving", 1 + n);
                return "priced";
              }
              String id = Books.newId();
              Hold hold = holds.place(Books.request(mill, id, "moving", 100, 10));
              long micros = hold.amount().amount().movePointRight(6).longValueExact();
              assertEquals(0, micros % 110, "a mixture of prices");
              assertEquals(hold.amount(), holds.settle(id, BOOKS.finished(100, 10)).cost());
              return "settled";
            });
    assertEquals(20, answers.stream().filter("priced"::equals).count(), answers.toString());
    assertEquals(40, answers.stream().filter("settled"::equals).count(), answers.toString());
  }

  @Test
  void twoServersWhoseClocksAreAnHourApartEndEachHoldOnceAndNeverOverspend() {
    Fixture.Tenant mill = BOOKS.tenantWithTokens(1_000);
    BOOKS.grant(mill, "brief", 1_000, 0, BOOKS.clock.instant().plus(Duration.ofMinutes(30)));
    HoldBook ahead = new HoldBook(BOOKS.work, () -> BOOKS.clock.instant().plusSeconds(3_600));
    List<Object> answers =
        together(
            80,
            n -> {
              HoldBook one = n % 2 == 0 ? holds : ahead;
              HoldBook other = n % 2 == 0 ? ahead : holds;
              String id = Books.newId();
              one.place(Books.request(mill, id, 30, 20));
              if (n % 5 == 0) {
                ahead.expireOverdue();
              }
              return other.settle(id, BOOKS.finished(30, n % 21)).cost();
            });
    assertTrue(
        answers.stream()
            .allMatch(a ->
                a instanceof Money
                    || a == BillingError.INSUFFICIENT_CREDIT
                    || a == BillingError.HOLD_ENDED),
        answers.toString());
    assertEquals(Money.zero("USD"), BOOKS.balance(mill).held());
  }

  /**
   * Runs n jobs that all start at one time; each answers its result, or the error it was refused
   * with.
   */
  private static List<Object> together(int jobs, Job job) {
    CountDownLatch start = new CountDownLatch(1);
    List<Future<Object>> running = new ArrayList<>();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int n = 0; n < jobs; n++) {
        int number = n;
        Callable<Object> waiting =
            () -> {
              start.await();
              return answer(job, number);
            };
        running.add(threads.submit(waiting));
      }
      start.countDown();
    }
    return running.stream().map(RacesTest::result).toList();
  }

  private static Object answer(Job job, int number) throws Exception {
    try {
      return job.run(number);
    } catch (BillingException refusal) {
      return refusal.error();
    }
  }

  private static Object result(Future<Object> done) {
    try {
      return done.get();
    } catch (ExecutionException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** One of many. */
  private interface Job {
    Object run(int number) throws Exception;
  }
}

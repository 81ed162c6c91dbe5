package org.millrace.billing.ledger;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.millrace.billing.api.BillingError;
import org.millrace.billing.api.BillingException;
import org.millrace.billing.api.Holds.Completion;
import org.millrace.billing.api.Holds.Hold;
import org.millrace.billing.api.Holds.HoldRequest;
import org.millrace.billing.api.Holds.Settlement;
import org.millrace.billing.api.Money;
import org.millrace.billing.api.TokenUsage;
import org.millrace.billing.api.UsageRecords.UsageRecord;
import org.millrace.db.Fixture;
import org.millrace.tenancy.api.Actor;

class HoldBookTest {
  private static final Books BOOKS = new Books();
  private final HoldBook holds = BOOKS.holds;
  private final Fixture.Tenant mill = BOOKS.tenantWithTokens(1_000);
  private final String id = Books.newId();

  @AfterEach
  void theLedgerIsWholeAndNothingIsLeftForTheNextTest() {
    assertEquals(0, BOOKS.atRest().openHolds());
  }

  @AfterAll
  static void close() {
    BOOKS.close();
  }

  @Test
  void aHoldReservesTheWorstCaseAndSettlingPostsWhatWasUsed() {
    Hold hold = holds.place(Books.request(mill, id, 100, 200));
    assertEquals(Books.dollars(300), hold.amount());
    assertEquals(BOOKS.clock.instant().plus(Duration.ofMinutes(10)), hold.expiresAt());
    assertEquals(Books.dollars(700), BOOKS.balance(mill).available());
    assertEquals(Books.dollars(300), BOOKS.balance(mill).held());

    Settlement settlement = holds.settle(id, BOOKS.finished(100, 50));
    assertEquals(Books.dollars(150), settlement.cost());
    assertEquals(Books.dollars(150), settlement.released());
    assertEquals(hold.holdId(), settlement.holdId());
    assertEquals(Books.dollars(850), BOOKS.balance(mill).available());
    assertEquals(Money.zero("USD"), BOOKS.balance(mill).held());

    UsageRecord record = BOOKS.usage.find(mill.id(), id).orElseThrow();
    assertEquals(
        new UsageRecord(
            id,
            mill.id(),
            mill.projectId(),
            mill.keyId(),
            "m",
            new TokenUsage(100, 0, 50),
            Books.dollars(150),
            hold.holdId(),
            settlement.transferId(),
            "finished",
            BOOKS.clock.instant(),
            BOOKS.clock.instant()),
        record);
    assertEquals(Optional.empty(), BOOKS.usage.find(BOOKS.tenant().id(), id));
  }

  @Test
  void theWholeCreditCanBeHeldAndNotOneTokenMore() {
    assertRefused(
        BillingError.INSUFFICIENT_CREDIT, () -> holds.place(Books.request(mill, id, 1_001, 0)));
    holds.place(Books.request(mill, id, 1_000, 0));
    BillingException refusal =
        assertRefused(
            BillingError.INSUFFICIENT_CREDIT,
            () -> holds.place(Books.request(mill, Books.newId(), 1, 0)));
    assertTrue(
        refusal.toString().contains("up to 0.000001 USD; available are 0 USD"), refusal.toString());
  }

  @Test
  void aTenantWithoutCreditIsRefusedUnlessTheModelIsFree() {
    Fixture.Tenant poor = BOOKS.tenant();
    assertRefused(
        BillingError.INSUFFICIENT_CREDIT, () -> holds.place(Books.request(poor, id, 1, 0)));
    BigDecimal nothing = BigDecimal.ZERO;
    BOOKS.prices.set(Actor.system(), "free", nothing, nothing, nothing, "USD");
    holds.place(Books.request(poor, id, "free", 100, 100));
    assertEquals(Money.zero("USD"), holds.settle(id, BOOKS.finished(100, 100)).cost());
    assertEquals(1, BOOKS.usage.latest(Actor.system(), poor.id(), 10).size());
  }

  @Test
  void aModelWithoutAPriceIsRefused() {
    assertRefused(
        BillingError.NO_PRICE, () -> holds.place(Books.request(mill, id, "unpriced", 1, 1)));
  }

  @Test
  void placingAgainAnswersTheSameHoldAndAnotherRequestWithThatIdIsRefused() {
    Hold first = holds.place(Books.request(mill, id, 100, 0));
    BOOKS.pass(Duration.ofSeconds(1));
    assertEquals(first, holds.place(Books.request(mill, id, 100, 0)));
    assertEquals(Books.dollars(100), BOOKS.balance(mill).held());
    assertRefused(
        BillingError.DUPLICATE_REQUEST, () -> holds.place(Books.request(mill, id, 101, 0)));
    holds.settle(id, BOOKS.finished(1, 0));
    assertEquals(first, holds.place(Books.request(mill, id, 100, 0)));
    assertEquals(Money.zero("USD"), BOOKS.balance(mill).held());
  }

  /** As where a client repeats its request at another server, whatever that one's clock says. */
  @Test
  void aRequestIsWhoseClaimItIsAndNobodyElseEndsIt() {
    HoldRequest ours = Books.request(mill, id, 100, 0);
    HoldRequest theirs = claimed(ours, Books.CLAIM + 1);
    holds.place(ours);
    assertRefused(BillingError.DUPLICATE_REQUEST, () -> holds.place(theirs));
    holds.release(id, theirs.claim());
    assertEquals(Books.dollars(100), BOOKS.balance(mill).held());
    holds.settle(id, BOOKS.finished(60, 0));
    assertRefused(BillingError.DUPLICATE_REQUEST, () -> holds.place(theirs));
  }

  private static HoldRequest claimed(HoldRequest request, long claim) {
    return new HoldRequest(
        request.requestId(),
        claim,
        request.tenantId(),
        request.projectId(),
        request.keyId(),
        request.model(),
        request.worstCase(),
        request.timeout());
  }

  @Test
  void anotherTenantsRequestIdIsRefused() {
    holds.place(Books.request(mill, id, 100, 0));
    Fixture.Tenant other = BOOKS.tenantWithTokens(1_000);
    assertRefused(
        BillingError.DUPLICATE_REQUEST, () -> holds.place(Books.request(other, id, 100, 0)));
    assertEquals(Money.zero("USD"), BOOKS.balance(other).held());
  }

  @Test
  void anotherTenantsKeyIsRefused() {
    Fixture.Tenant other = BOOKS.tenantWithTokens(1_000);
    HoldRequest mixed =
        new HoldRequest(
            id,
            Books.CLAIM,
            mill.id(),
            mill.projectId(),
            other.keyId(),
            "m",
            new TokenUsage(1, 0, 1),
            Duration.ofMinutes(1));
    assertRefused(BillingError.NOT_FOUND, () -> holds.place(mixed));
  }

  @Test
  void settlingAgainAnswersWhatTheFirstOneAnswered() {
    holds.place(Books.request(mill, id, 100, 100));
    Settlement first = holds.settle(id, BOOKS.finished(100, 1));
    assertEquals(first, holds.settle(id, BOOKS.finished(100, 2)));
    assertEquals(Books.dollars(899), BOOKS.balance(mill).available());
  }

  @Test
  void anUnknownOrEndedHoldIsNotSettled() {
    assertRefused(BillingError.UNKNOWN_HOLD, () -> holds.settle(id, BOOKS.finished(1, 1)));
    holds.place(Books.request(mill, id, 100, 100));
    holds.release(id, Books.CLAIM);
    holds.release(id, Books.CLAIM);
    holds.release("nobody-knows", Books.CLAIM);
    assertRefused(BillingError.HOLD_ENDED, () -> holds.settle(id, BOOKS.finished(1, 1)));
    assertEquals(Books.dollars(1_000), BOOKS.balance(mill).available());
  }

  @Test
  void releasingASettledHoldChangesNothing() {
    holds.place(Books.request(mill, id, 100, 100));
    holds.settle(id, BOOKS.finished(100, 100));
    holds.release(id, Books.CLAIM);
    assertEquals(Books.dollars(800), BOOKS.balance(mill).available());
  }

  @Test
  void moreThanTheWorstCaseIsNotSettled() {
    holds.place(Books.request(mill, id, 100, 100));
    BillingException refusal =
        assertRefused(BillingError.INVALID_VALUE, () -> holds.settle(id, BOOKS.finished(100, 101)));
    assertTrue(refusal.toString().contains("used 101 output tokens; the hold is for 100"));
    assertRefused(BillingError.INVALID_VALUE, () -> holds.settle(id, BOOKS.finished(101, 0)));
    holds.settle(id, BOOKS.finished(100, 100));
  }

  @Test
  void aPriceThatRisesMeanwhileDoesNotChangeWhatARunningRequestCosts() {
    BigDecimal one = BigDecimal.ONE;
    BOOKS.prices.set(Actor.system(), "rising", one, one, one, "USD");
    holds.place(Books.request(mill, id, "rising", 100, 100));
    BigDecimal nine = BigDecimal.valueOf(9);
    BOOKS.prices.set(Actor.system(), "rising", nine, nine, nine, "USD");
    BOOKS.pass(Duration.ofSeconds(1));
    assertEquals(Books.dollars(200), holds.settle(id, BOOKS.finished(100, 100)).cost());
    Hold next = holds.place(Books.request(mill, Books.newId(), "rising", 10, 0));
    assertEquals(Books.dollars(90), next.amount());
  }

  @Test
  void cachedTokensCostTheirOwnPriceAndADearOneIsHeldFor() {
    BigDecimal two = BigDecimal.valueOf(2);
    BOOKS.prices.set(Actor.system(), "odd", BigDecimal.ONE, two, BigDecimal.ONE, "USD");
    Hold hold = holds.place(Books.request(mill, id, "odd", 100, 0));
    assertEquals(Books.dollars(200), hold.amount());
    Completion cached =
        new Completion(
            new TokenUsage(100, 60, 0), "cancelled", BOOKS.clock.instant(), BOOKS.clock.instant());
    assertEquals(Books.dollars(160), holds.settle(id, cached).cost());
  }

  @Test
  void anOverdueHoldExpiresOnceAndALateSettleBeforeThatStillCounts() {
    String late = Books.newId();
    holds.place(Books.request(mill, id, 100, 0));
    holds.place(Books.request(mill, late, 100, 0));
    BOOKS.pass(Duration.ofMinutes(9));
    assertEquals(0, holds.expireOverdue());
    BOOKS.pass(Duration.ofMinutes(1));
    holds.settle(late, BOOKS.finished(100, 0));
    assertEquals(1, holds.expireOverdue());
    assertEquals(0, holds.expireOverdue());
    assertRefused(BillingError.HOLD_ENDED, () -> holds.settle(id, BOOKS.finished(1, 0)));
    assertEquals(Books.dollars(900), BOOKS.balance(mill).available());
  }

  @Test
  void openHoldsAreListedOldestFirst() {
    Hold first = holds.place(Books.request(mill, id, 1, 0));
    BOOKS.pass(Duration.ofSeconds(1));
    Hold second = holds.place(Books.request(BOOKS.tenantWithTokens(1), Books.newId(), 1, 0));
    assertEquals(List.of(first, second), holds.open(10));
    assertEquals(List.of(first), holds.open(1));
  }

  @Test
  void nonsenseIsRefusedByName() {
    assertRefused(BillingError.INVALID_VALUE, () -> holds.place(Books.request(mill, "", 1, 1)));
    assertRefused(
        BillingError.INVALID_VALUE, () -> holds.place(Books.request(mill, "x".repeat(201), 1, 1)));
    assertRefused(
        BillingError.INVALID_VALUE, () -> holds.place(Books.request(mill, id, 2_000_000_000L, 1)));
    assertRefused(BillingError.INVALID_VALUE, () -> holds.open(0));
    holds.place(Books.request(mill, id, 1, 1));
    Completion odd =
        new Completion(
            new TokenUsage(1, 0, 1), "exploded", BOOKS.clock.instant(), BOOKS.clock.instant());
    assertRefused(BillingError.INVALID_VALUE, () -> holds.settle(id, odd));
  }

  static BillingException assertRefused(BillingError error, Executable attempt) {
    BillingException refusal = assertThrows(BillingException.class, attempt);
    assertEquals(error, refusal.error(), refusal.toString());
    return refusal;
  }
}

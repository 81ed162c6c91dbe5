package org.millrace.billing.ledger;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.millrace.billing.api.BillingError;
import org.millrace.billing.api.Credits.Balance;
import org.millrace.billing.api.Credits.Grant;
import org.millrace.billing.api.Money;
import org.millrace.db.Fixture;
import org.millrace.tenancy.api.Actor;

class CreditBookTest {
  private static final Books BOOKS = new Books();
  private final Fixture.Tenant mill = BOOKS.tenant();
  private final Instant now = BOOKS.clock.instant();

  @AfterEach
  void theLedgerIsWholeAndNothingIsLeftForTheNextTest() {
    assertEquals(0, BOOKS.atRest().openHolds());
  }

  @AfterAll
  static void close() {
    BOOKS.close();
  }

  @Test
  void aGrantIsCreditAndIsRecorded() {
    Grant grant = BOOKS.grant(mill, "order-1", 500, 3, now.plusSeconds(60));
    assertEquals(
        new Grant(
            grant.id(),
            "order-1",
            Books.dollars(500),
            Books.dollars(500),
            3,
            now,
            now.plusSeconds(60)),
        grant);
    assertEquals(
        new Balance(mill.id(), Books.dollars(500), Money.zero("USD"), List.of(grant)),
        BOOKS.balance(mill));
    assertEquals("credit.grant order-1", BOOKS.audit.actions().getLast());
  }

  @Test
  void aTenantWithoutCreditHasNothing() {
    assertEquals(
        new Balance(mill.id(), Money.zero("USD"), Money.zero("USD"), List.of()),
        BOOKS.balance(mill));
  }

  @Test
  void aRepeatedGrantIsGivenOnceAndRecordedOnce() {
    Grant first = BOOKS.grant(mill, "order-1", 500, 1, null);
    int recorded = BOOKS.audit.actions().size();
    assertEquals(first, BOOKS.grant(mill, "order-1", 500, 9, now.plusSeconds(5)));
    assertEquals(recorded, BOOKS.audit.actions().size());
    assertEquals(Books.dollars(500), BOOKS.balance(mill).available());
    HoldBookTest.assertRefused(
        BillingError.DUPLICATE_REQUEST, () -> BOOKS.grant(mill, "order-1", 501, 1, null));
    BOOKS.grant(BOOKS.tenant(), "order-1", 7, 1, null);
  }

  @Test
  void usageTakesByPriorityThenByExpiryThenByAge() {
    BOOKS.grant(mill, "late", 100, 2, null);
    BOOKS.grant(mill, "never", 100, 1, null);
    BOOKS.grant(mill, "soon", 100, 1, now.plusSeconds(60));
    BOOKS.grant(mill, "later", 100, 1, now.plusSeconds(120));
    assertEquals(
        List.of("soon", "later", "never", "late"),
        BOOKS.balance(mill).grants().stream().map(Grant::reference).toList());
    use(150);
    assertEquals(Map.of("soon", 0L, "later", 50L, "never", 100L, "late", 100L), remaining());
    use(160);
    assertEquals(Map.of("soon", 0L, "later", 0L, "never", 0L, "late", 90L), remaining());
  }

  @Test
  void anExpiredGrantIsTakenBackAndCannotBeSpent() {
    BOOKS.grant(mill, "soon", 100, 1, now.plusSeconds(60));
    BOOKS.grant(mill, "never", 50, 2, null);
    use(30);
    BOOKS.pass(Duration.ofSeconds(60));
    HoldBookTest.assertRefused(
        BillingError.INSUFFICIENT_CREDIT,
        () -> BOOKS.holds.place(Books.request(mill, Books.newId(), 51, 0)));
    assertEquals(Books.dollars(50), BOOKS.balance(mill).available());
    assertEquals(Map.of("soon", 0L, "never", 50L), remaining());
    use(50);
  }

  @Test
  void theTimerTakesBackWhatExpiredAndOnlyOnce() {
    BOOKS.grant(mill, "soon", 100, 1, now.plusSeconds(60));
    BOOKS.grant(mill, "other", 100, 1, now.plusSeconds(61));
    BOOKS.pass(Duration.ofSeconds(60));
    assertEquals(1, BOOKS.credits.expireGrants());
    assertEquals(0, BOOKS.credits.expireGrants());
    assertEquals(Books.dollars(100), BOOKS.balance(mill).available());
  }

  @Test
  void aHoldPlacedInTimeIsHonouredAndTheRestIsTakenBackWhenItHasEnded() {
    BOOKS.grant(mill, "soon", 100, 1, now.plusSeconds(60));
    String id = Books.newId();
    BOOKS.holds.place(Books.request(mill, id, 70, 0));
    BOOKS.pass(Duration.ofSeconds(60));
    assertEquals(1, BOOKS.credits.expireGrants());
    Balance during = BOOKS.balance(mill);
    assertEquals(Money.zero("USD"), during.available());
    assertEquals(Books.dollars(70), during.held());
    assertEquals(Books.dollars(40), BOOKS.holds.settle(id, BOOKS.finished(40, 0)).cost());
    assertEquals(Money.zero("USD"), BOOKS.balance(mill).available());
    assertEquals(Map.of("soon", 0L), remaining());
  }

  @Test
  void whoMayNotGiveCreditDoesNot() {
    for (Actor actor :
        List.of(
            new Actor("s", "n", Set.of(Actor.AUDITOR), null),
            new Actor("s", "n", Set.of(Actor.TENANT_ADMIN), mill.id()),
            new Actor("s", "n", Set.of(Actor.BILLING_ADMIN), mill.id()),
            new Actor("s", "n", Set.of(), null))) {
      HoldBookTest.assertRefused(
          BillingError.FORBIDDEN,
          () -> BOOKS.credits.grant(actor, mill.id(), "r", Books.dollars(1), 1, null));
    }
    assertEquals(List.of(), BOOKS.balance(mill).grants());
  }

  @Test
  void nonsenseIsRefusedByName() {
    HoldBookTest.assertRefused(
        BillingError.INVALID_VALUE, () -> BOOKS.grant(mill, "r", 0, 1, null));
    HoldBookTest.assertRefused(
        BillingError.INVALID_VALUE, () -> BOOKS.grant(mill, "r", -5, 1, null));
    HoldBookTest.assertRefused(
        BillingError.INVALID_VALUE, () -> BOOKS.grant(mill, " ", 5, 1, null));
    HoldBookTest.assertRefused(BillingError.INVALID_VALUE, () -> BOOKS.grant(mill, "r", 5, 1, now));
    BOOKS.grant(mill, "r", 5, 1, null);
    HoldBookTest.assertRefused(
        BillingError.INVALID_VALUE,
        () ->
            BOOKS.credits.grant(Actor.system(), mill.id(), "euro", Money.of("1", "EUR"), 1, null));
    HoldBookTest.assertRefused(
        BillingError.NOT_FOUND,
        () ->
            BOOKS.credits.grant(
                Actor.system(), UUID.randomUUID(), "r", Money.of("1", "USD"), 1, null));
  }

  @Test
  void aGrantWhoseAuditRowCannotBeWrittenIsNotGiven() {
    RecordedAudit refusing = new RecordedAudit(BOOKS.database);
    refusing.refuse();
    CreditBook credits = new CreditBook(BOOKS.work, refusing, BOOKS.clock, "USD");
    assertThrows(
        IllegalStateException.class,
        () -> credits.grant(Actor.system(), mill.id(), "r", Books.dollars(5), 1, null));
    assertTrue(BOOKS.balance(mill).grants().isEmpty());
  }

  private void use(long tokens) {
    String id = Books.newId();
    BOOKS.holds.place(Books.request(mill, id, tokens, 0));
    BOOKS.holds.settle(id, BOOKS.finished(tokens, 0));
  }

  private Map<String, Long> remaining() {
    return BOOKS.balance(mill).grants().stream()
        .collect(
            Collectors.toMap(
                Grant::reference, g -> g.remaining().amount().movePointRight(6).longValueExact()));
  }
}

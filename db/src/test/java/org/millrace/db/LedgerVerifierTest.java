package org.millrace.db;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Each invariant is broken past all guards, by the superuser with triggers off, and must be found.
 */
class LedgerVerifierTest {
  private static final TestDatabase DATABASE = TestDatabase.migrated();

  /** What is done, and the check that must notice. */
  private static final Map<String, String> TAMPERING =
      Map.ofEntries(
          Map.entry(
              "UPDATE posting SET amount = amount + 0.000000000001 WHERE id = (SELECT min(id) FROM posting)",
              "unbalanced_transfers"),
          Map.entry(
              "DELETE FROM posting WHERE amount > 0 AND grant_id IS NULL",
              "transfers_without_two_postings"),
          Map.entry(
              "UPDATE posting SET tenant_id = (SELECT id FROM tenant WHERE slug = 'bb') WHERE tenant_id = (SELECT id FROM tenant WHERE slug = 'aa')",
              "postings_to_another_tenant"),
          Map.entry("UPDATE wallet SET balance = balance + 1", "balances_not_from_postings"),
          Map.entry("UPDATE wallet SET held = held + 0.001", "held_not_from_holds"),
          Map.entry(
              "ALTER TABLE wallet DROP CONSTRAINT never_overdrawn; UPDATE wallet SET held = balance + 1",
              "overdrawn_wallets"),
          Map.entry(
              "UPDATE credit_grant SET remaining = remaining - 1", "grants_not_from_postings"),
          Map.entry(
              "UPDATE credit_grant SET remaining = remaining - 0.5 WHERE reference = 'first'",
              "balances_not_from_grants"),
          Map.entry(
              "UPDATE hold SET transfer_id = (SELECT id FROM transfer t WHERE t.kind = 'GRANT' AND t.tenant_id = hold.tenant_id) WHERE state = 'SETTLED'",
              "holds_ended_wrongly"),
          Map.entry(
              "ALTER TABLE hold DROP CONSTRAINT hold_check1; UPDATE hold SET cost = amount + 1 WHERE state = 'SETTLED'",
              "settled_above_hold"),
          Map.entry(
              "UPDATE hold SET state = 'EXPIRED', cost = NULL, transfer_id = NULL WHERE state = 'SETTLED'",
              "usage_transfers_without_hold"),
          Map.entry("DELETE FROM usage_record", "holds_without_usage_record"),
          Map.entry(
              "UPDATE usage_record SET cost = cost + 0.000001",
              "usage_records_not_of_their_transfer"),
          Map.entry(
              "UPDATE usage_record SET input_tokens = input_tokens + 1", "usage_rated_wrongly"),
          Map.entry(
              "UPDATE usage_record SET output_tokens = output_tokens + 1",
              "usage_above_worst_case"),
          Map.entry(
              "UPDATE audit_entry SET details = '{\"x\": \"y\"}' WHERE sequence = 1",
              "audit_chain_broken"));

  @BeforeAll
  static void twoTenants() throws SQLException {
    Fixture fixture = new Fixture(DATABASE);
    fixture.busyTenant("aa");
    fixture.busyTenant("bb");
  }

  @Test
  void aWholeLedgerIsOk() throws SQLException {
    try (Connection owner = DATABASE.asOwner()) {
      LedgerVerifier.Report report = LedgerVerifier.verify(owner);
      assertTrue(report.ok(), report.toString());
      assertEquals(4, report.transfers());
      assertEquals(8, report.postings());
      assertEquals(2, report.openHolds());
      assertEquals(2, report.usageRecords());
      assertEquals(0, report.imbalance().compareTo(BigDecimal.ZERO));
    }
  }

  @Test
  void everyCheckHasItsTampering() throws SQLException {
    try (Connection owner = DATABASE.asOwner()) {
      assertEquals(
          LedgerVerifier.verify(owner).violations().keySet(), Set.copyOf(TAMPERING.values()));
    }
  }

  @TestFactory
  Stream<DynamicTest> tamperingIsFound() {
    return TAMPERING.entrySet().stream()
        .map(t -> DynamicTest.dynamicTest(t.getValue(), () -> found(t.getKey(), t.getValue())));
  }

  /** In one transaction that is rolled back: the verifier's own reads see what it did. */
  private static void found(String tampering, String check) throws SQLException {
    try (Connection superuser = DATABASE.asSuperuser()) {
      superuser.setAutoCommit(false);
      Fixture.run(superuser, "SET LOCAL session_replication_role = replica");
      try (var statement = superuser.createStatement()) {
        statement.execute(tampering);
      }
      LedgerVerifier.Report report = LedgerVerifier.read(superuser);
      superuser.rollback();
      assertFalse(report.ok());
      assertTrue(report.violations().getOrDefault(check, 0L) > 0, report.toString());
    }
  }

  @Test
  void aTrailThatLostItsTailOrAMiddleIsBroken() throws SQLException {
    for (String cut : new String[] {"max", "min"}) {
      try (Connection superuser = DATABASE.asSuperuser()) {
        superuser.setAutoCommit(false);
        Fixture.run(superuser, "SET LOCAL session_replication_role = replica");
        Fixture.run(
            superuser,
            "DELETE FROM audit_entry WHERE sequence = (SELECT "
                + cut
                + "(sequence) FROM audit_entry)");
        assertFalse(LedgerVerifier.read(superuser).ok(), "without its " + cut);
        superuser.rollback();
      }
    }
  }
}

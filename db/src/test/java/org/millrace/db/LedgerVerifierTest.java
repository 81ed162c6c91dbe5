package org.millrace.db;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Timestamp;
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
              "UPDATE credit_grant SET remaining = remaining - 1 WHERE reference = 'first'",
              "grants_not_from_postings"),
          Map.entry(
              "UPDATE credit_grant SET remaining = remaining - 0.5 WHERE reference = 'first'",
              "balances_not_from_grants"),
          Map.entry(
              "UPDATE hold SET transfer_id = (SELECT id FROM transfer t WHERE t.kind = 'GRANT' AND t.reference = 'first' AND t.tenant_id = hold.tenant_id) WHERE state = 'SETTLED'",
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
          Map.entry("DELETE FROM wallet", "wallets_not_of_their_account"),
          Map.entry(
              "UPDATE posting SET currency = 'EUR' WHERE transfer_id IN (SELECT id FROM transfer WHERE kind = 'GRANT')",
              "postings_in_another_currency"),
          Map.entry(
              "UPDATE posting SET account_id = (SELECT id FROM account WHERE kind = 'REVENUE') WHERE account_id = (SELECT id FROM account WHERE kind = 'GRANT_SOURCE')",
              "transfers_of_another_kind"),
          Map.entry(
              "UPDATE transfer SET kind = 'GRANT_EXPIRY' WHERE kind = 'GRANT'",
              "transfers_of_another_kind"),
          Map.entry(
              "UPDATE transfer SET reference = 'not ' || reference WHERE kind = 'GRANT'",
              "grants_not_of_their_transfer"),
          Map.entry(
              "UPDATE transfer SET reference = gen_random_uuid()::text WHERE kind = 'GRANT_EXPIRY'",
              "grants_expired_wrongly"),
          Map.entry(
              "UPDATE transfer SET posted_at = posted_at - interval '1 day' WHERE kind = 'GRANT_EXPIRY'",
              "grants_expired_wrongly"),
          Map.entry(
              "ALTER TABLE hold DROP CONSTRAINT covers_worst_case; UPDATE hold SET amount = amount / 2 WHERE state = 'HELD'; UPDATE wallet SET held = held / 2",
              "holds_below_worst_case"),
          Map.entry(
              "UPDATE hold SET currency = 'EUR' WHERE state = 'HELD'", "holds_in_another_currency"),
          Map.entry("UPDATE price SET per_million = 2", "holds_not_at_listed_prices"),
          Map.entry("DELETE FROM price WHERE meter = 'OUTPUT'", "holds_not_at_listed_prices"),
          Map.entry(
              "UPDATE transfer SET posted_at = posted_at + interval '1 month' WHERE kind = 'USAGE'",
              "holds_not_ended_with_their_transfer"),
          Map.entry(
              "UPDATE usage_record SET finished_at = finished_at - interval '1 month'",
              "usage_at_another_time"),
          Map.entry("DELETE FROM tenant WHERE slug = 'aa'", "orphaned_rows"),
          Map.entry(
              "UPDATE hold SET key_id = gen_random_uuid() WHERE state = 'HELD'", "orphaned_rows"),
          Map.entry("DELETE FROM account WHERE kind = 'GRANT_SOURCE'", "orphaned_rows"),
          Map.entry("ALTER TABLE posting DISABLE TRIGGER applied", "guards_missing"),
          Map.entry("ALTER TABLE transfer DISABLE TRIGGER ALL", "guards_missing"),
          Map.entry("DROP TRIGGER sums_to_zero ON transfer", "guards_missing"),
          Map.entry("ALTER TABLE wallet NO FORCE ROW LEVEL SECURITY", "guards_missing"),
          Map.entry("DROP POLICY own_rows ON usage_record", "guards_missing"),
          Map.entry(
              "CREATE POLICY blind ON posting AS RESTRICTIVE TO millrace_owner USING (false)",
              "guards_missing"),
          Map.entry(
              "TRUNCATE posting, transfer, hold, usage_record, wallet, credit_grant, account",
              "grants_not_in_the_audit_trail"),
          Map.entry(
              "UPDATE credit_grant SET amount = amount * 2, remaining = remaining + amount; UPDATE wallet SET balance = balance + 10; UPDATE posting SET amount = amount * 2 WHERE transfer_id IN (SELECT id FROM transfer WHERE kind = 'GRANT')",
              "grants_not_in_the_audit_trail"),
          Map.entry(
              "INSERT INTO price SELECT model, meter, valid_from + interval '1 day', 0, currency FROM price",
              "prices_not_in_the_audit_trail"),
          Map.entry(
              "UPDATE audit_entry SET details = '{\"x\": \"y\"}' WHERE sequence = 1",
              "audit_chain_broken"));

  @BeforeAll
  static void twoTenants() throws SQLException {
    Fixture fixture = new Fixture(DATABASE);
    fixture.price("m");
    Fixture.Tenant withExpiredCredit = fixture.busyTenant("aa");
    fixture.grant(withExpiredCredit, "brief", "1", 1, Fixture.NOW.plusSeconds(1));
    try (Connection platform = DATABASE.asPlatform()) {
      Fixture.run(
          platform,
          "SELECT expire_grants(?, ?)",
          withExpiredCredit.id(),
          Timestamp.from(Fixture.NOW.plusSeconds(2)));
      platform.commit();
    }
    fixture.busyTenant("bb");
  }

  @Test
  void aWholeLedgerIsOk() throws SQLException {
    try (Connection owner = DATABASE.asOwner()) {
      LedgerVerifier.Report report = LedgerVerifier.verify(owner);
      assertTrue(report.ok(), report.toString());
      assertEquals(6, report.transfers());
      assertEquals(12, report.postings());
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
        .map(t ->
            DynamicTest.dynamicTest(
                t.getValue() + ": " + t.getKey(), () -> found(t.getKey(), t.getValue())));
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

package org.millrace.db;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the database itself refuses, whoever asks. */
class LedgerGuardsTest {
  private static final TestDatabase DATABASE = TestDatabase.migrated();
  private static final Fixture FIXTURE = new Fixture(DATABASE);
  private static int number;
  private Fixture.Tenant tenant =
      new Fixture.Tenant(UUID.randomUUID(), UUID.randomUUID(), UUID.randomUUID());

  @BeforeEach
  void aTenantWithTenDollars() throws SQLException {
    tenant = FIXTURE.busyTenant("tenant-" + ++number);
  }

  @Test
  void aTransferThatDoesNotSumToZeroCannotBeCommitted() throws SQLException {
    try (Connection scope = DATABASE.asTenant(tenant.id())) {
      UUID transfer = transfer(scope, "USAGE");
      postToWallet(scope, transfer, "-0.5");
      postToRevenue(scope, transfer, "0.499999999999");
      assertTrue(refusedAtCommit(scope).contains("not to zero"));
    }
  }

  @Test
  void aTransferIsStillCheckedAfterTheTransactionHasChangedItsTenant() throws SQLException {
    try (Connection scope = DATABASE.asTenant(tenant.id())) {
      UUID transfer = transfer(scope, "USAGE");
      postToWallet(scope, transfer, "-0.5");
      postToRevenue(scope, transfer, "0.4");
      TenantScope.of(UUID.randomUUID()).enter(scope);
      assertTrue(refusedAtCommit(scope).contains("not to zero"));
    }
  }

  @Test
  void aTransferWithoutPostingsCannotBeCommitted() throws SQLException {
    try (Connection scope = DATABASE.asTenant(tenant.id())) {
      transfer(scope, "USAGE");
      assertTrue(refusedAtCommit(scope).contains("it takes two"));
    }
  }

  @Test
  void nothingIsPostedToATransferOfAnEarlierTransaction() throws SQLException {
    try (Connection scope = DATABASE.asTenant(tenant.id())) {
      UUID earlier =
          UUID.fromString(Fixture.text(scope, "SELECT id FROM transfer WHERE kind = 'USAGE'"));
      SQLException refused =
          assertThrows(SQLException.class, () -> postToRevenue(scope, earlier, "0"));
      assertTrue(String.valueOf(refused.getMessage()).contains("is closed"));
    }
  }

  @Test
  void aTenantCannotPostToAnothersWallet() throws SQLException {
    Fixture.Tenant victim = FIXTURE.busyTenant("victim-" + number);
    String account;
    try (Connection scope = DATABASE.asTenant(victim.id())) {
      account = Fixture.text(scope, "SELECT account_id FROM wallet");
    }
    for (boolean platform : new boolean[] {false, true}) {
      try (Connection scope = platform ? DATABASE.asPlatform() : DATABASE.asTenant(tenant.id())) {
        UUID transfer = transfer(scope, "USAGE");
        SQLException refused =
            assertThrows(
                SQLException.class,
                () ->
                    Fixture.run(
                        scope,
                        "INSERT INTO posting (transfer_id, tenant_id, account_id, currency, amount) VALUES (?, ?, ?::uuid, 'USD', -1)",
                        transfer,
                        tenant.id(),
                        account));
        assertTrue(String.valueOf(refused.getMessage()).contains("is not of tenant"));
      }
    }
  }

  @Test
  void aTenantCannotMakeMoney() throws SQLException {
    try (Connection scope = DATABASE.asTenant(tenant.id())) {
      assertThrows(SQLException.class, () -> transfer(scope, "GRANT"));
    }
    try (Connection scope = DATABASE.asTenant(tenant.id())) {
      UUID transfer = transfer(scope, "USAGE");
      SQLException refused =
          assertThrows(SQLException.class, () -> postToWallet(scope, transfer, "0.000000000001"));
      assertTrue(String.valueOf(refused.getMessage()).contains("cannot post"));
    }
  }

  @Test
  void aWalletIsNeverOverdrawn() throws SQLException {
    try (Connection scope = DATABASE.asTenant(tenant.id())) {
      UUID transfer = transfer(scope, "USAGE");
      assertThrows(SQLException.class, () -> postToWallet(scope, transfer, "-9.9999"));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "UPDATE wallet SET balance = balance + 1",
        "UPDATE wallet SET held = 0",
        "DELETE FROM wallet",
        "UPDATE credit_grant SET remaining = amount",
        "DELETE FROM credit_grant",
        "UPDATE posting SET amount = 0",
        "DELETE FROM posting",
        "UPDATE transfer SET reference = 'x'",
        "DELETE FROM transfer",
        "UPDATE account SET kind = 'REVENUE'",
        "UPDATE usage_record SET cost = 0",
        "DELETE FROM usage_record",
        "UPDATE audit_entry SET action = 'nothing'",
        "DELETE FROM audit_entry",
        "DELETE FROM hold",
        "UPDATE price SET per_million = 0",
        "TRUNCATE posting, transfer, hold, usage_record, wallet, credit_grant CASCADE",
        "TRUNCATE audit_entry",
        "UPDATE hold SET amount = 0",
        "UPDATE hold SET state = 'HELD', ended_at = NULL, cost = NULL, transfer_id = NULL WHERE state = 'SETTLED'",
        "UPDATE hold SET state = 'RELEASED', ended_at = now(), cost = NULL, transfer_id = NULL WHERE state = 'SETTLED'"
      })
  void historyCannotBeRewrittenByTheApplication(String attempt) throws SQLException {
    try (Connection scope = DATABASE.asTenant(tenant.id())) {
      assertThrows(SQLException.class, () -> Fixture.run(scope, attempt), attempt);
    }
    try (Connection platform = DATABASE.asPlatform()) {
      assertThrows(SQLException.class, () -> Fixture.run(platform, attempt), attempt);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"posting", "transfer", "audit_entry", "usage_record", "account", "price"})
  void historyCannotBeEmptiedByTheOwner(String table) throws SQLException {
    try (Connection owner = DATABASE.asOwner()) {
      assertThrows(SQLException.class, () -> Fixture.run(owner, "TRUNCATE " + table + " CASCADE"));
    }
  }

  @Test
  void aHoldEndsOnce() throws SQLException {
    try (Connection scope = DATABASE.asTenant(tenant.id())) {
      String end =
          "UPDATE hold SET state = 'RELEASED', ended_at = now() WHERE request_id = 'tenant-"
              + number
              + "-open'";
      Fixture.run(scope, end);
      assertEquals(0, Fixture.count(scope, "SELECT held::bigint FROM wallet"));
      assertThrows(SQLException.class, () -> Fixture.run(scope, end));
    }
  }

  @Test
  void aHoldIsNotSettledAboveItsAmount() throws SQLException {
    try (Connection scope = DATABASE.asTenant(tenant.id())) {
      assertThrows(
          SQLException.class, () -> FIXTURE.settle(scope, "tenant-" + number + "-open", 1001));
    }
  }

  @Test
  void aHoldBelowItsWorstCaseIsRefused() throws SQLException {
    try (Connection scope = DATABASE.asTenant(tenant.id())) {
      assertThrows(
          SQLException.class,
          () ->
              Fixture.run(
                  scope,
                  """
                  SELECT place_hold(ROW(NULL, 'cheap', ?, ?, ?, 'm', 1000, 0, 1, 1, 2, 1, 0.002, 'USD', now(), now(),
                                        NULL, NULL, NULL, NULL, 7)::hold)\
                  """,
                  tenant.id(),
                  tenant.projectId(),
                  tenant.keyId()));
    }
  }

  /** A trigger of one's own would write at the depth at which the ledger's triggers do. */
  @Test
  void derivedValuesCannotBeWrittenThroughATriggerOfTheApplicationsOwn() throws SQLException {
    for (boolean platform : new boolean[] {false, true}) {
      try (Connection scope = platform ? DATABASE.asPlatform() : DATABASE.asTenant(tenant.id());
          var statement = scope.createStatement()) {
        assertThrows(
            SQLException.class,
            () ->
                statement.execute(
                    """
                    CREATE TEMP TABLE lever (x int);
                    CREATE FUNCTION pg_temp.pull() RETURNS trigger LANGUAGE plpgsql
                      AS $$ BEGIN UPDATE public.wallet SET balance = balance + 100; RETURN NULL; END $$;
                    CREATE TRIGGER pull AFTER INSERT ON lever FOR EACH ROW EXECUTE FUNCTION pg_temp.pull();
                    INSERT INTO lever VALUES (1);\
                    """));
      }
    }
  }

  /** The ledger's triggers would read a temporary table of the same name. */
  @Test
  void usageCannotBeTakenBackBehindATableThatHidesTheTransfers() throws SQLException {
    try (Connection scope = DATABASE.asTenant(tenant.id())) {
      UUID transfer = transfer(scope, "USAGE");
      assertThrows(
          SQLException.class,
          () -> {
            Fixture.run(
                scope,
                "CREATE TEMP TABLE transfer AS SELECT id, tenant_id, 'GRANT'::text AS kind, reference, posted_at, posted_in FROM public.transfer");
            postToWallet(scope, transfer, "0.0001");
            postToRevenue(scope, transfer, "-0.0001");
            scope.commit();
          });
    }
  }

  private UUID transfer(Connection scope, String kind) throws SQLException {
    return UUID.fromString(
        Fixture.text(
            scope,
            "INSERT INTO transfer (tenant_id, kind, reference, posted_at) VALUES (?, ?, gen_random_uuid()::text, now()) RETURNING id",
            tenant.id(),
            kind));
  }

  private void postToWallet(Connection scope, UUID transfer, String amount) throws SQLException {
    Fixture.run(
        scope,
        """
        INSERT INTO posting (transfer_id, tenant_id, account_id, currency, amount, grant_id)
        SELECT ?, w.tenant_id, w.account_id, 'USD', ?::numeric, g.id FROM wallet w JOIN credit_grant g USING (tenant_id)\
        """,
        transfer,
        amount);
  }

  private void postToRevenue(Connection scope, UUID transfer, String amount) throws SQLException {
    Fixture.run(
        scope,
        """
        INSERT INTO posting (transfer_id, tenant_id, account_id, currency, amount)
        VALUES (?, ?, platform_account('REVENUE', 'USD'), 'USD', ?::numeric)\
        """,
        transfer,
        tenant.id(),
        amount);
  }

  private static String refusedAtCommit(Connection scope) {
    return String.valueOf(assertThrows(SQLException.class, scope::commit).getMessage());
  }
}

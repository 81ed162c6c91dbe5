package org.millrace.db;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The fence between tenants, as the application's login meets it. */
class TenantFenceTest {
  /** Tables without tenant data. A new table is fenced, or is added here for a reason. */
  private static final Set<String> UNFENCED =
      Set.of("price", "audit_head", "flyway_schema_history");

  private static final TestDatabase DATABASE = TestDatabase.migrated();
  private static final Fixture FIXTURE = new Fixture(DATABASE);
  private static Fixture.Tenant mill;
  private static Fixture.Tenant other;

  @BeforeAll
  static void twoTenantsWithRowsInEveryTable() throws SQLException {
    mill = FIXTURE.busyTenant("mill");
    other = FIXTURE.busyTenant("other");
  }

  @Test
  void everyTableIsFencedAlsoForItsOwnerOrHasNoTenantData() throws SQLException {
    try (Connection owner = DATABASE.asOwner()) {
      for (String table : tables(owner)) {
        long forced =
            Fixture.count(
                owner,
                "SELECT count(*) FROM pg_class WHERE oid = ?::regclass AND relrowsecurity AND relforcerowsecurity",
                table);
        long tenantColumns =
            Fixture.count(
                owner,
                "SELECT count(*) FROM information_schema.columns WHERE table_name = ? AND column_name = 'tenant_id'",
                table);
        assertEquals(UNFENCED.contains(table) ? 0 : 1, forced, table);
        assertTrue(tenantColumns == 1 || UNFENCED.contains(table) || table.equals("tenant"), table);
      }
    }
  }

  @Test
  void aTenantSeesItsOwnRowsAndNobodyElses() throws SQLException {
    try (Connection scope = DATABASE.asTenant(mill.id())) {
      for (String table : fencedTables()) {
        String column = table.equals("tenant") ? "id" : "tenant_id";
        assertTrue(
            Fixture.count(
                    scope, "SELECT count(*) FROM " + table + " WHERE " + column + " = ?", mill.id())
                > 0,
            "no row of its own in " + table + ": the test proves nothing there");
        assertEquals(
            0,
            Fixture.count(
                scope, "SELECT count(*) FROM " + table + " WHERE " + column + " <> ?", mill.id()),
            table);
      }
    }
  }

  @Test
  void withoutATenantNothingIsSeen() throws SQLException {
    try (Connection app = DATABASE.asApp()) {
      for (String table : fencedTables()) {
        assertEquals(0, Fixture.count(app, "SELECT count(*) FROM " + table), table);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"not-a-uuid", "' OR true --", "00000000-0000-0000-0000-00000000000"})
  void aMalformedTenantIsAnErrorAndNotEverybody(String malformed) throws SQLException {
    try (Connection app = DATABASE.asApp()) {
      Fixture.run(app, "SELECT set_config('millrace.tenant', ?, false)", malformed);
      assertThrows(SQLException.class, () -> Fixture.count(app, "SELECT count(*) FROM wallet"));
    }
  }

  @Test
  void anUnknownTenantSeesNothingOfATenants() throws SQLException {
    try (Connection scope = DATABASE.asTenant(UUID.randomUUID())) {
      for (String table : fencedTables()) {
        String column = table.equals("tenant") ? "id" : "tenant_id";
        assertEquals(
            0,
            Fixture.count(
                scope, "SELECT count(*) FROM " + table + " WHERE " + column + " IS NOT NULL"),
            table);
      }
    }
  }

  @Test
  void theScopeEndsWithItsTransaction() throws SQLException {
    try (Connection app = DATABASE.asApp()) {
      app.setAutoCommit(false);
      TenantScope.of(mill.id()).enter(app);
      assertEquals(1, Fixture.count(app, "SELECT count(*) FROM wallet"));
      app.commit();
      assertEquals(0, Fixture.count(app, "SELECT count(*) FROM wallet"));
      TenantScope.platform().enter(app);
      assertEquals(2, Fixture.count(app, "SELECT count(*) FROM wallet"));
      app.commit();
      assertEquals(0, Fixture.count(app, "SELECT count(*) FROM wallet"));
    }
  }

  @Test
  void theScopeOfARequestIsItsTenantsAndOfAnUnknownRequestNobodys() throws SQLException {
    try (Connection app = DATABASE.asApp()) {
      app.setAutoCommit(false);
      TenantScope.ofRequest("mill-open").enter(app);
      assertEquals(mill.id().toString(), Fixture.text(app, "SELECT tenant_id FROM wallet"));
      app.rollback();
      TenantScope.ofRequest("nobody-knows").enter(app);
      assertEquals(0, Fixture.count(app, "SELECT count(*) FROM wallet"));
    }
  }

  @Test
  void aTenantCannotWriteRowsOfAnother() throws SQLException {
    refused(
        mill.id(),
        "INSERT INTO project (tenant_id, name, created_at) VALUES ('"
            + other.id()
            + "', 'p', now())");
    refused(
        mill.id(),
        "INSERT INTO account (kind, currency, tenant_id) VALUES ('WALLET', 'EUR', '"
            + other.id()
            + "')");
    refused(
        mill.id(),
        "INSERT INTO tenant VALUES (gen_random_uuid(), 'new', 'n', false, 1, 1, 1, 1, now())");
    try (Connection scope = DATABASE.asTenant(mill.id());
        var statement = scope.createStatement()) {
      assertEquals(
          0,
          statement.executeUpdate(
              "UPDATE hold SET state = 'RELEASED', ended_at = now() WHERE request_id = 'other-open'"));
      assertEquals(
          0,
          statement.executeUpdate(
              "UPDATE api_key SET revoked_at = now() WHERE tenant_id = '" + other.id() + "'"));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ALTER TABLE wallet DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE wallet NO FORCE ROW LEVEL SECURITY",
        "DROP POLICY own_rows ON wallet",
        "CREATE POLICY mine ON wallet USING (true)",
        "ALTER TABLE posting DISABLE TRIGGER ALL",
        "SET session_replication_role = replica",
        "ALTER ROLE millrace_app BYPASSRLS",
        "SET ROLE millrace_owner",
        "CREATE TABLE own (x int)",
        "CREATE TEMP TABLE own (x int)",
        "CREATE FUNCTION pg_temp.own() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "UPDATE audit_head SET sequence = 0",
        "INSERT INTO audit_entry SELECT * FROM audit_entry",
        "INSERT INTO price VALUES ('m', 'INPUT', now(), 0, 'USD')"
      })
  void theApplicationCannotTakeTheFenceDown(String attempt) throws SQLException {
    refused(mill.id(), attempt);
  }

  @Test
  void theRowSecuritySettingHidesNothingLess() throws SQLException {
    try (Connection scope = DATABASE.asTenant(mill.id())) {
      Fixture.run(scope, "SET LOCAL row_security = off");
      assertThrows(SQLException.class, () -> Fixture.count(scope, "SELECT count(*) FROM wallet"));
    }
  }

  @Test
  void aKeyIsFoundByItsPublicIdWithoutATenantAndOnlyThatOne() throws SQLException {
    try (Connection app = DATABASE.asApp();
        Connection platform = DATABASE.asPlatform()) {
      String publicId =
          Fixture.text(platform, "SELECT public_id FROM api_key WHERE tenant_id = ?", mill.id());
      assertEquals(
          mill.id().toString(),
          Fixture.text(app, "SELECT tenant_id FROM find_api_key(?)", publicId));
      assertEquals(0, Fixture.count(app, "SELECT count(*) FROM find_api_key('%')"));
      assertEquals(0, Fixture.count(app, "SELECT count(*) FROM api_key"));
    }
  }

  private static void refused(UUID tenant, String attempt) throws SQLException {
    try (Connection scope = DATABASE.asTenant(tenant)) {
      assertThrows(SQLException.class, () -> Fixture.run(scope, attempt), attempt);
    }
  }

  private static List<String> fencedTables() throws SQLException {
    try (Connection owner = DATABASE.asOwner()) {
      List<String> fenced = new ArrayList<>(tables(owner));
      fenced.removeAll(UNFENCED);
      assertFalse(fenced.isEmpty());
      return fenced;
    }
  }

  private static List<String> tables(Connection owner) throws SQLException {
    List<String> tables = new ArrayList<>();
    try (var statement = owner.createStatement();
        var row =
            statement.executeQuery(
                "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'")) {
      while (row.next()) {
        tables.add(row.getString(1));
      }
    }
    return tables;
  }
}

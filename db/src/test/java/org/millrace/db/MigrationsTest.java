package org.millrace.db;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.sql.SQLException;
import org.junit.jupiter.api.Test;

class MigrationsTest {
  @Test
  void anEmptyDatabaseIsMigratedOnceAndThenLeftAlone() {
    TestDatabase database = TestDatabase.empty();
    Migrations.Result first = migrate(database, TestDatabase.APP_PASSWORD);
    Migrations.Result second = migrate(database, TestDatabase.APP_PASSWORD);
    assertTrue(first.applied() >= 5, "applied " + first.applied());
    assertEquals(0, second.applied());
    assertEquals(first.version(), second.version());
  }

  @Test
  void anUnreachableServerIsNamedInTheError() {
    MigrationException refused =
        assertThrows(
            MigrationException.class,
            () -> Migrations.migrate("jdbc:postgresql://localhost:1/none", "o", "p", "a"));
    assertTrue(refused.toString().contains("localhost:1/none"), refused.toString());
  }

  @Test
  void anAppRoleThatBypassesRowSecurityIsRefused() throws SQLException {
    TestDatabase database = TestDatabase.migrated();
    try (var superuser = database.asSuperuser();
        var statement = superuser.createStatement()) {
      statement.execute("ALTER ROLE millrace_app BYPASSRLS");
      try {
        MigrationException refused =
            assertThrows(
                MigrationException.class, () -> migrate(database, TestDatabase.APP_PASSWORD));
        assertTrue(refused.toString().contains("row-level security"), refused.toString());
      } finally {
        statement.execute("ALTER ROLE millrace_app NOBYPASSRLS");
      }
    }
  }

  private static Migrations.Result migrate(TestDatabase database, String appPassword) {
    return Migrations.migrate(
        database.url(), DatabaseSetup.OWNER, TestDatabase.OWNER_PASSWORD, appPassword);
  }
}

package org.millrace.db;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
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
  void aHostThatIsNotKnownIsTold() {
    MigrationException refused =
        assertThrows(
            MigrationException.class,
            () -> Migrations.migrate("jdbc:postgresql://no-such-host.invalid/m", "o", "p", "a"));
    assertTrue(refused.toString().contains("UnknownHost"), refused.toString());
  }

  @Test
  void aWrongPasswordIsOneLineThatNamesTheUserAndNotThePassword() {
    TestDatabase database = TestDatabase.empty();
    // The server of the tests trusts everybody, so what is wrong is the user.
    MigrationException refused =
        assertThrows(
            MigrationException.class,
            () -> Migrations.migrate(database.url(), "nobody_here", "hunter2", "a"));
    String message = String.valueOf(refused.getMessage());
    assertEquals(1, message.lines().count());
    assertTrue(message.contains("nobody_here"), message);
    assertFalse(message.contains("hunter2"), message);
  }

  @Test
  void somebodyElsesDatabaseIsLeftAsItIs() throws SQLException {
    TestDatabase database = TestDatabase.empty();
    execute(database, "CREATE TABLE customer (id int)");
    String message = refusal(database);
    assertTrue(message.contains("not empty and not Millrace's"), message);
    assertTrue(message.contains("'customer'"), message);
    execute(database, "DROP TABLE customer");
    assertTrue(migrate(database, TestDatabase.APP_PASSWORD).applied() >= 5);
  }

  @Test
  void aDatabaseThatANewerVersionHasMigratedIsRefused() throws SQLException {
    TestDatabase database = TestDatabase.migrated();
    execute(
        database,
        """
        INSERT INTO flyway_schema_history (installed_rank, version, description, type, script, checksum, installed_by, execution_time, success)
        VALUES (1000, '1000', 'of a time to come', 'SQL', 'V1000__of_a_time_to_come.sql', 1, 'x', 1, true)
        """);
    String message = refusal(database);
    assertTrue(message.contains("version 1000 by a newer Millrace"), message);
    assertTrue(message.contains("start the newer one"), message);
  }

  @Test
  void aDatabaseThatCannotHoldEveryTextIsRefused() throws SQLException {
    TestDatabase database = TestDatabase.empty();
    execute(
        database,
        "CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0 OWNER millrace_owner");
    String url = database.url().replaceFirst("/[^/]*$", "/latin");
    MigrationException refused =
        assertThrows(
            MigrationException.class,
            () ->
                Migrations.migrate(
                    url,
                    DatabaseSetup.OWNER,
                    TestDatabase.OWNER_PASSWORD,
                    TestDatabase.APP_PASSWORD));
    assertTrue(refused.toString().contains("LATIN1; Millrace needs UTF8"), refused.toString());
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

  private static String refusal(TestDatabase database) {
    return String.valueOf(
        assertThrows(MigrationException.class, () -> migrate(database, TestDatabase.APP_PASSWORD))
            .getMessage());
  }

  private static void execute(TestDatabase database, String sql) throws SQLException {
    try (var superuser = database.asSuperuser();
        var statement = superuser.createStatement()) {
      statement.execute(sql);
    }
  }

  private static Migrations.Result migrate(TestDatabase database, String appPassword) {
    return Migrations.migrate(
        database.url(), DatabaseSetup.OWNER, TestDatabase.OWNER_PASSWORD, appPassword);
  }
}

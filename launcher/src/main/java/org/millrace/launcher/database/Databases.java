package org.millrace.launcher.database;

import java.sql.Connection;
import java.sql.SQLException;
import org.millrace.db.DatabaseSetup;
import org.postgresql.PGConnection;

/**
 * The roles and databases the platform needs on its own server. Idempotent, and sets the passwords
 * anew, so that the secrets file decides.
 */
public final class Databases {
  public static final String APPLICATION = "millrace";
  public static final String OWNER = DatabaseSetup.OWNER;
  public static final String KEYCLOAK = "keycloak";

  private Databases() {}

  public static void createApplication(DatabaseAccess superuser, String ownerPassword) {
    DatabaseSetup.create(
        superuser.jdbcUrl(), superuser.user(), superuser.password(), APPLICATION, ownerPassword);
  }

  public static void createKeycloak(DatabaseAccess superuser, String password) throws SQLException {
    try (var connection = superuser.connect()) {
      if (!exists(connection, "SELECT 1 FROM pg_roles WHERE rolname = ?", KEYCLOAK)) {
        execute(connection, "CREATE ROLE keycloak LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE");
        // Keycloak's first start makes its schema in hundreds of transactions; a power cut may cost
        // it the last second, not its integrity.
        execute(connection, "ALTER ROLE keycloak SET synchronous_commit = off");
      }
      connection
          .unwrap(PGConnection.class)
          .alterUserPassword(KEYCLOAK, password.toCharArray(), "scram-sha-256");
      if (!exists(connection, "SELECT 1 FROM pg_database WHERE datname = ?", KEYCLOAK)) {
        execute(connection, "CREATE DATABASE keycloak OWNER keycloak");
        execute(connection, "REVOKE ALL ON DATABASE keycloak FROM PUBLIC");
      }
    }
  }

  private static boolean exists(Connection connection, String query, String name)
      throws SQLException {
    try (var statement = connection.prepareStatement(query)) {
      statement.setString(1, name);
      try (var rows = statement.executeQuery()) {
        return rows.next();
      }
    }
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (var statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}

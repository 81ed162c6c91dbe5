package org.millrace.db;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import org.postgresql.PGConnection;

/**
 * What a server's administrator does once: the owner's role and its database. For servers that
 * Millrace starts itself, and for tests.
 */
public final class DatabaseSetup {
  public static final String OWNER = "millrace_owner";

  private DatabaseSetup() {}

  /**
   * Creates role {@value #OWNER} and its database where they are missing; sets the owner's password
   * in any case.
   *
   * @param adminUrl any database of the server, as a superuser may open it
   * @param database lower-case letters, digits and {@code _}
   */
  public static void create(
      String adminUrl,
      String adminUser,
      String adminPassword,
      String database,
      String ownerPassword) {
    if (!database.matches("[a-z_][a-z0-9_]{0,62}")) {
      throw new IllegalArgumentException(
          "database name '" + database + "' is not up to 63 of a-z 0-9 _");
    }
    try (Connection admin = DriverManager.getConnection(adminUrl, adminUser, adminPassword)) {
      if (!exists(admin, "pg_roles", "rolname", OWNER)) {
        execute(admin, "CREATE ROLE " + OWNER + " LOGIN CREATEROLE NOSUPERUSER NOBYPASSRLS");
      }
      admin
          .unwrap(PGConnection.class)
          .alterUserPassword(OWNER, ownerPassword.toCharArray(), "scram-sha-256");
      if (!exists(admin, "pg_database", "datname", database)) {
        execute(
            admin,
            "CREATE DATABASE %s OWNER %s ENCODING 'UTF8' TEMPLATE template0"
                .formatted(database, OWNER));
      }
    } catch (SQLException e) {
      throw new MigrationException(
          "cannot create database %s at %s as %s: %s"
              .formatted(database, adminUrl, adminUser, e.getMessage()),
          e);
    }
  }

  private static boolean exists(Connection admin, String catalog, String column, String name)
      throws SQLException {
    try (var query =
        admin.prepareStatement("SELECT 1 FROM " + catalog + " WHERE " + column + " = ?")) {
      query.setString(1, name);
      try (var row = query.executeQuery()) {
        return row.next();
      }
    }
  }

  private static void execute(Connection admin, String sql) throws SQLException {
    try (var statement = admin.createStatement()) {
      statement.execute(sql);
    }
  }
}

package org.millrace.db;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import org.postgresql.PGConnection;

/**
 * The server's roles: what the application logs in as, and what it becomes for platform-wide work.
 */
final class Roles {
  static final String APP = "millrace_app";
  static final String PLATFORM = "millrace_platform";
  private static final String INSUFFICIENT_PRIVILEGE = "42501";

  private final Connection owner;

  Roles(Connection owner) {
    this.owner = owner;
  }

  void prepare(String jdbcUrl, String appPassword) throws SQLException {
    try {
      create(PLATFORM, "NOLOGIN");
      boolean created = create(APP, "LOGIN");
      // INHERIT FALSE: a member that inherits would see all tenants without ever saying so.
      grantPlatformTo(APP);
      if (created || !canLogIn(jdbcUrl, appPassword)) {
        owner
            .unwrap(PGConnection.class)
            .alterUserPassword(APP, appPassword.toCharArray(), "scram-sha-256");
      }
      forbidTemporaryObjects();
    } catch (SQLException e) {
      if (INSUFFICIENT_PRIVILEGE.equals(e.getSQLState())) {
        throw cannotManage(e);
      }
      throw e;
    }
    refuseTooMuchPower();
  }

  private boolean create(String role, String login) throws SQLException {
    try (var statement = owner.createStatement()) {
      if (exists(role)) {
        return false;
      }
      statement.execute(
          """
          DO $$ BEGIN
            CREATE ROLE %s %s NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE;
          EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; -- another node was faster
          END $$\
          """
              .formatted(role, login));
      return true;
    }
  }

  private boolean exists(String role) throws SQLException {
    return holds("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = '" + role + "')");
  }

  private void grantPlatformTo(String role) throws SQLException {
    boolean granted =
        holds(
            """
            SELECT EXISTS (SELECT FROM pg_auth_members
              WHERE roleid = '%s'::regrole AND member = '%s'::regrole AND set_option AND NOT inherit_option)\
            """
                .formatted(PLATFORM, role));
    if (!granted) {
      try (var statement = owner.createStatement()) {
        statement.execute("GRANT %s TO %s WITH INHERIT FALSE, SET TRUE".formatted(PLATFORM, role));
      }
    }
  }

  /**
   * Who may make a temporary table may put a trigger on it, and writes from there what is only
   * written by the ledger's own triggers; or gives it the name of a table that those read. Not in a
   * migration, because a database that is restored from a dump has its rights anew.
   */
  private void forbidTemporaryObjects() throws SQLException {
    if (mayMakeTemporaryObjects()) {
      try (var statement = owner.createStatement()) {
        statement.execute(
            """
            DO $$ BEGIN
              EXECUTE format('REVOKE TEMPORARY ON DATABASE %%I FROM PUBLIC, %s, %s', current_database());
            END $$\
            """
                .formatted(APP, PLATFORM));
      }
    }
  }

  private boolean mayMakeTemporaryObjects() throws SQLException {
    return holds(
        "SELECT bool_or(has_database_privilege(role, current_database(), 'TEMP')) FROM unnest(ARRAY['%s', '%s']) AS role"
            .formatted(APP, PLATFORM));
  }

  private static boolean canLogIn(String jdbcUrl, String appPassword) {
    try (Connection app = DriverManager.getConnection(jdbcUrl, APP, appPassword)) {
      return app.isValid(5);
    } catch (SQLException e) {
      return false;
    }
  }

  private void refuseTooMuchPower() throws SQLException {
    refuseToSeePastTheFence();
    if (mayMakeTemporaryObjects()) {
      throw new MigrationException(
          "role %1$s or %2$s may make temporary tables, and could write past the ledger's guards: REVOKE TEMPORARY ON DATABASE ... FROM PUBLIC, %1$s, %2$s, as the database's owner"
              .formatted(APP, PLATFORM),
          null);
    }
  }

  /**
   * Row-level security is not asked of a superuser, nor of a role that bypasses it, nor of one that
   * inherits another's policies.
   */
  private void refuseToSeePastTheFence() throws SQLException {
    boolean tooMuch =
        holds(
            """
            SELECT EXISTS (SELECT FROM pg_roles WHERE rolname IN ('%1$s', '%2$s') AND (rolsuper OR rolbypassrls))
                OR EXISTS (SELECT FROM pg_auth_members WHERE member = '%1$s'::regrole AND inherit_option)\
            """
                .formatted(APP, PLATFORM));
    if (tooMuch) {
      throw new MigrationException(
          "role %1$s or %2$s could see past row-level security: ALTER ROLE ... NOSUPERUSER NOBYPASSRLS, and let %1$s be a member of %2$s alone, WITH INHERIT FALSE"
              .formatted(APP, PLATFORM),
          null);
    }
  }

  private boolean holds(String query) throws SQLException {
    try (var statement = owner.createStatement();
        var row = statement.executeQuery(query)) {
      return row.next() && row.getBoolean(1);
    }
  }

  private static MigrationException cannotManage(SQLException cause) {
    return new MigrationException(
        """
        the database's owner may not manage roles (%s). Give it CREATEROLE, or let an administrator run: \
        CREATE ROLE %2$s NOLOGIN; CREATE ROLE %3$s LOGIN PASSWORD '<millrace.db.password>'; GRANT %2$s TO %3$s WITH INHERIT FALSE, SET TRUE\
        """
            .formatted(cause.getMessage(), PLATFORM, APP),
        cause);
  }
}

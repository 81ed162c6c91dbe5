package org.millrace.db;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;

/**
 * Brings a database to the shape of this version. Runs before the application; safe to run at every
 * start, and from several nodes at once.
 */
public final class Migrations {
  private static final int SERVER_VERSION_MIN = 160000;

  private Migrations() {}

  /**
   * @param applied migrations run now; 0 where the database was up to date
   * @param version the newest migration applied
   */
  public record Result(int applied, String version) {}

  /**
   * Creates the roles that are missing, lets the application's role log in with {@code
   * appPassword}, and runs the migrations.
   *
   * @param jdbcUrl the database; must exist (see {@link DatabaseSetup})
   * @param ownerUser owns the database; needs CREATEROLE only where an administrator has not made
   *     the roles
   * @throws MigrationException where the server is not reachable, too old, or refuses
   */
  public static Result migrate(
      String jdbcUrl, String ownerUser, String ownerPassword, String appPassword) {
    try (Connection owner = DriverManager.getConnection(jdbcUrl, ownerUser, ownerPassword)) {
      checkServer(owner);
      new Roles(owner).prepare(jdbcUrl, appPassword);
    } catch (SQLException e) {
      throw new MigrationException(
          "cannot prepare %s as %s: %s".formatted(jdbcUrl, ownerUser, e.getMessage()), e);
    }
    return runMigrations(jdbcUrl, ownerUser, ownerPassword);
  }

  private static void checkServer(Connection owner) throws SQLException {
    try (var statement = owner.createStatement();
        var row = statement.executeQuery("SHOW server_version_num")) {
      row.next();
      int version = row.getInt(1);
      if (version < SERVER_VERSION_MIN) {
        throw new MigrationException(
            "the database server is PostgreSQL %d; Millrace needs 16 or newer"
                .formatted(version / 10000),
            null);
      }
    }
  }

  private static Result runMigrations(String jdbcUrl, String ownerUser, String ownerPassword) {
    try {
      var outcome =
          Flyway.configure(Migrations.class.getClassLoader())
              .dataSource(jdbcUrl, ownerUser, ownerPassword)
              .locations("classpath:db/migration")
              .validateMigrationNaming(true)
              .load()
              .migrate();
      String version = outcome.targetSchemaVersion;
      return new Result(
          outcome.migrationsExecuted,
          version != null ? version : String.valueOf(outcome.initialSchemaVersion));
    } catch (FlywayException e) {
      throw new MigrationException("cannot migrate %s: %s".formatted(jdbcUrl, e.getMessage()), e);
    }
  }
}

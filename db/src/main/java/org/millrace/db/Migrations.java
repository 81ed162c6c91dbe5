package org.millrace.db;

import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Comparator;
import java.util.Objects;
import java.util.stream.Stream;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.MigrationInfo;
import org.flywaydb.core.api.MigrationInfoService;

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
   * @throws MigrationException where the server is not reachable, too old, or refuses; where the
   *     database is somebody else's, or has been brought further by a newer version
   */
  public static Result migrate(
      String jdbcUrl, String ownerUser, String ownerPassword, String appPassword) {
    try (Connection owner = DriverManager.getConnection(jdbcUrl, ownerUser, ownerPassword)) {
      checkServer(owner);
      checkOurs(owner, jdbcUrl);
      new Roles(owner).prepare(jdbcUrl, appPassword);
    } catch (SQLException e) {
      throw new MigrationException(
          "cannot prepare %s as %s: %s".formatted(jdbcUrl, ownerUser, oneLine(e)), e);
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
    checkEncoding(owner);
  }

  private static void checkEncoding(Connection owner) throws SQLException {
    try (var statement = owner.createStatement();
        var row = statement.executeQuery("SHOW server_encoding")) {
      row.next();
      var encoding = row.getString(1);
      if (!encoding.equals("UTF8")) {
        throw new MigrationException(
            "the database's encoding is %s; Millrace needs UTF8: CREATE DATABASE ... ENCODING 'UTF8' TEMPLATE template0"
                .formatted(encoding),
            null);
      }
    }
  }

  /** A database with tables, but without Flyway's, is somebody else's. */
  private static void checkOurs(Connection owner, String jdbcUrl) throws SQLException {
    try (var statement = owner.createStatement();
        var row =
            statement.executeQuery(
                """
                SELECT min(relname) FROM pg_class c
                 WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'v', 'm')
                   AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e') -- an extension's
                   AND to_regclass('flyway_schema_history') IS NULL\
                """)) {
      row.next();
      if (row.getString(1) != null) {
        throw new MigrationException(
            "%s is not empty and not Millrace's: '%s' is in it; name a database of its own"
                .formatted(jdbcUrl, row.getString(1)),
            null);
      }
    }
  }

  private static Result runMigrations(String jdbcUrl, String ownerUser, String ownerPassword) {
    try {
      var flyway =
          Flyway.configure(Migrations.class.getClassLoader())
              .dataSource(jdbcUrl, ownerUser, ownerPassword)
              .locations("classpath:db/migration")
              .validateMigrationNaming(true)
              .load();
      checkNotNewer(jdbcUrl, flyway.info());
      var outcome = flyway.migrate();
      String version = outcome.targetSchemaVersion;
      return new Result(
          outcome.migrationsExecuted,
          version != null ? version : String.valueOf(outcome.initialSchemaVersion));
    } catch (FlywayException e) {
      throw new MigrationException("cannot migrate %s: %s".formatted(jdbcUrl, oneLine(e)), e);
    }
  }

  /** Flyway itself runs an old version on a newer one's tables without a word. */
  private static void checkNotNewer(String jdbcUrl, MigrationInfoService info) {
    var newest =
        Stream.of(info.all()).filter(m -> m.getState().isResolved()).map(MigrationInfo::getVersion);
    var known = newest.filter(Objects::nonNull).max(Comparator.naturalOrder());
    var current = info.current();
    var applied = current == null ? null : current.getVersion();
    if (applied != null && known.isPresent() && applied.compareTo(known.get()) > 0) {
      throw new MigrationException(
          "%s was brought to version %s by a newer Millrace; this one knows versions up to %s: start the newer one"
              .formatted(jdbcUrl, applied, known.get()),
          null);
    }
  }

  /**
   * What a failure says, without the line breaks that Flyway and PostgreSQL put into it. The driver
   * keeps to itself what it met on the network.
   */
  private static String oneLine(Exception failure) {
    var message = failure.getMessage() == null ? failure.toString() : failure.getMessage();
    var network = failure.getCause() instanceof IOException met ? " (" + met + ")" : "";
    return String.join(" ", (message + network).lines().map(String::strip).toList());
  }
}

package org.millrace.db;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * A fresh, migrated database on a real PostgreSQL: one server per JVM, started when first asked
 * for, and one database per test class. Two logins, as in production: the owner, and the
 * application, which row-level security applies to.
 */
public final class TestDatabase {
  public static final String OWNER_PASSWORD = "owner-of-the-test";
  public static final String APP_PASSWORD = "app-of-the-test";
  private static final AtomicInteger NUMBER = new AtomicInteger();

  private final String url;

  private TestDatabase(String url) {
    this.url = url;
  }

  /** A database with every migration applied. */
  public static TestDatabase migrated() {
    TestDatabase database = empty();
    Migrations.migrate(database.url, DatabaseSetup.OWNER, OWNER_PASSWORD, APP_PASSWORD);
    return database;
  }

  /**
   * A database on a server of its own, which may be killed: what it has answered to a commit
   * outlives it, as in production, though not the machine.
   */
  public static TestDatabase migratedOnAServerOfItsOwn() {
    TestDatabase database = empty(Server.start("on").getPort());
    Migrations.migrate(database.url, DatabaseSetup.OWNER, OWNER_PASSWORD, APP_PASSWORD);
    return database;
  }

  /** A database without tables. */
  public static TestDatabase empty() {
    return empty(Server.RUNNING.getPort());
  }

  private static TestDatabase empty(int port) {
    String name = "test_" + NUMBER.incrementAndGet();
    DatabaseSetup.create(serverUrl(port, "postgres"), "postgres", "", name, OWNER_PASSWORD);
    return new TestDatabase(serverUrl(port, name));
  }

  public String url() {
    return url;
  }

  /** Past every fence: the server's superuser, to tamper with what nobody else can. */
  public Connection asSuperuser() throws SQLException {
    return DriverManager.getConnection(url, "postgres", "");
  }

  public Connection asOwner() throws SQLException {
    return DriverManager.getConnection(url, DatabaseSetup.OWNER, OWNER_PASSWORD);
  }

  public Connection asApp() throws SQLException {
    return DriverManager.getConnection(url, Roles.APP, APP_PASSWORD);
  }

  /** Of {@link #asApp}'s connections; not pooled. */
  public DataSource appSource() {
    var source = new PGSimpleDataSource();
    source.setUrl(url);
    source.setUser(Roles.APP);
    source.setPassword(APP_PASSWORD);
    return source;
  }

  /** As the application, in one transaction with the scope of a tenant; close it to roll back. */
  public Connection asTenant(UUID tenantId) throws SQLException {
    Connection app = asApp();
    app.setAutoCommit(false);
    try (var scope = app.prepareStatement("SELECT set_config('millrace.tenant', ?, true)")) {
      scope.setString(1, tenantId.toString());
      scope.execute();
    }
    return app;
  }

  /** As the application, in one transaction with the platform's role; close it to roll back. */
  public Connection asPlatform() throws SQLException {
    Connection app = asApp();
    app.setAutoCommit(false);
    try (var role = app.createStatement()) {
      role.execute("SET LOCAL ROLE " + Roles.PLATFORM);
    }
    return app;
  }

  private static String serverUrl(int port, String database) {
    return "jdbc:postgresql://localhost:" + port + "/" + database;
  }

  private static final class Server {
    static final EmbeddedPostgres RUNNING = start("off");

    static EmbeddedPostgres start(String synchronousCommit) {
      try {
        var builder =
            EmbeddedPostgres.builder()
                .setServerConfig("max_connections", "200")
                .setServerConfig("synchronous_commit", synchronousCommit);
        if (Boolean.getBoolean("millrace.test.durable")) {
          // For measurements: tests need no commit to outlive the machine.
          builder.setServerConfig("fsync", "on").setServerConfig("synchronous_commit", "on");
        }
        EmbeddedPostgres server = builder.start();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(server)));
        return server;
      } catch (IOException e) {
        throw new UncheckedIOException("PostgreSQL for the tests does not start", e);
      }
    }

    private static void stop(EmbeddedPostgres server) {
      try {
        server.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}

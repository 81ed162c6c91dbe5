package org.millrace.db;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Rows for tests, written as the application writes them. */
public final class Fixture {
  public static final Instant NOW = Instant.parse("2026-11-20T12:00:00Z");
  private final TestDatabase database;

  public Fixture(TestDatabase database) {
    this.database = database;
  }

  /** A tenant with a project and a key. */
  public record Tenant(UUID id, UUID projectId, UUID keyId) {}

  public Tenant tenant(String slug) throws SQLException {
    UUID id = UUID.randomUUID();
    UUID project = UUID.randomUUID();
    UUID key = UUID.randomUUID();
    try (Connection platform = database.asPlatform()) {
      run(
          platform,
          "INSERT INTO tenant VALUES (?, ?, ?, false, 10, 10, 10, 10, now())",
          id,
          slug,
          slug);
      run(platform, "INSERT INTO project VALUES (?, ?, 'default', now())", project, id);
      run(
          platform,
          "INSERT INTO api_key VALUES (?, ?, ?, ?, 'key', sha256('x'), now(), NULL, NULL)",
          key,
          id,
          project,
          "k" + key.toString().replace("-", "").substring(0, 11));
      run(
          platform,
          "SELECT audit_append(now(), 'test', 'Test', ?, 'tenant.create', ?, '{}')",
          id,
          slug);
      platform.commit();
    }
    return new Tenant(id, project, key);
  }

  /** Credit in USD. */
  public void grant(
      Tenant tenant, String reference, String amount, int priority, @Nullable Instant expires)
      throws SQLException {
    try (Connection platform = database.asPlatform()) {
      run(platform, "SELECT platform_account('REVENUE', 'USD')");
      run(
          platform,
          "SELECT grant_credit(?, ?, ?::numeric, 'USD', ?, ?, ?::timestamptz)",
          tenant.id,
          reference,
          amount,
          priority,
          Timestamp.from(NOW),
          expires == null ? null : Timestamp.from(expires));
      run(
          platform,
          "SELECT audit_append(now(), 'test', 'Test', ?, 'credit.grant', ?, jsonb_build_object('amount', ?::text, 'currency', 'USD'))",
          tenant.id,
          reference,
          amount);
      platform.commit();
    }
  }

  /** Every token of a model costs one USD a million, from {@link #NOW} on. */
  public void price(String model) throws SQLException {
    try (Connection platform = database.asPlatform()) {
      for (String meter : List.of("INPUT", "CACHED_INPUT", "OUTPUT")) {
        run(
            platform,
            "INSERT INTO price VALUES (?, ?, ?, 1, 'USD')",
            model,
            meter,
            Timestamp.from(NOW));
      }
      run(
          platform,
          "SELECT audit_append(now(), 'test', 'Test', NULL, 'price.set', ?, '{\"input\": \"1\", \"cached_input\": \"1\", \"output\": \"1\", \"currency\": \"USD\"}')",
          model);
      platform.commit();
    }
  }

  /**
   * Holds for {@code tokens} input tokens of model {@code m} at one USD a million each; answers the
   * verdict.
   */
  public String hold(
      Connection tenantScope, Tenant tenant, String requestId, long tokens, Instant now)
      throws SQLException {
    return text(
        tenantScope,
        """
        SELECT verdict FROM place_hold(ROW(NULL, ?, ?, ?, ?, 'm', ?, 0, 0, 1, 1, 1, ?::numeric / 1000000, 'USD', ?, ?,
                                           NULL, NULL, NULL, NULL, 7)::hold)\
        """,
        requestId,
        tenant.id,
        tenant.projectId,
        tenant.keyId,
        tokens,
        tokens,
        Timestamp.from(now),
        Timestamp.from(now.plusSeconds(600)));
  }

  /** Settles for {@code tokens} input tokens. */
  public void settle(Connection tenantScope, String requestId, long tokens) throws SQLException {
    run(
        tenantScope,
        """
        SELECT settle_hold(h, ROW(NULL, NULL, NULL, NULL, NULL, NULL, NULL, ?, 0, 0, ?::numeric / 1000000, NULL,
                                  'finished', ?, ?)::usage_record, ?)
          FROM hold h WHERE request_id = ?\
        """,
        tokens,
        tokens,
        Timestamp.from(NOW),
        Timestamp.from(NOW),
        Timestamp.from(NOW),
        requestId);
  }

  /** Credit of 10 USD, one settled request and one open hold: a row in every table. */
  public Tenant busyTenant(String slug) throws SQLException {
    Tenant tenant = tenant(slug);
    grant(tenant, "first", "10", 1, null);
    try (Connection scope = database.asTenant(tenant.id)) {
      hold(scope, tenant, slug + "-settled", 1000, NOW);
      settle(scope, slug + "-settled", 400);
      hold(scope, tenant, slug + "-open", 1000, NOW);
      scope.commit();
    }
    return tenant;
  }

  public static void run(Connection connection, String sql, @Nullable Object... values)
      throws SQLException {
    try (var statement = connection.prepareStatement(sql)) {
      for (int i = 0; i < values.length; i++) {
        statement.setObject(i + 1, values[i]);
      }
      statement.execute();
    }
  }

  public static String text(Connection connection, String sql, @Nullable Object... values)
      throws SQLException {
    try (var statement = connection.prepareStatement(sql)) {
      for (int i = 0; i < values.length; i++) {
        statement.setObject(i + 1, values[i]);
      }
      try (var row = statement.executeQuery()) {
        row.next();
        return String.valueOf(row.getString(1));
      }
    }
  }

  public static long count(Connection connection, String sql, @Nullable Object... values)
      throws SQLException {
    return Long.parseLong(text(connection, sql, values));
  }
}

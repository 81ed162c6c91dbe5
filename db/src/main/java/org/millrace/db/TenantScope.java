package org.millrace.db;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.UUID;

/**
 * For whom a transaction works. Row-level security asks the database session, and this is the one
 * place that tells it, until the transaction ends: a pooled connection takes nothing along. A
 * transaction that enters no scope sees no tenant's row.
 */
public sealed interface TenantScope {
  /**
   * Tells the session. The connection must be in a transaction: outside of one this would be
   * forgotten at once.
   */
  void enter(Connection connection) throws SQLException;

  /** One tenant's rows. */
  static TenantScope of(UUID tenantId) {
    return new OneTenant(tenantId);
  }

  /** The rows of the tenant whose request this is; of nobody where no hold has this id. */
  static TenantScope ofRequest(String requestId) {
    return new TenantOfRequest(requestId);
  }

  /** Everybody's rows: for platform-wide work that has been authorised. */
  static TenantScope platform() {
    return Platform.ALL;
  }

  /** Nobody's rows: for what is not a tenant's, such as prices. */
  static TenantScope none() {
    return Nobody.NONE;
  }

  /** See {@link #of}. */
  record OneTenant(UUID tenantId) implements TenantScope {
    @Override
    public void enter(Connection connection) throws SQLException {
      configure(connection, "SELECT set_config('millrace.tenant', ?, true)", tenantId.toString());
    }
  }

  /** See {@link #ofRequest}. */
  record TenantOfRequest(String requestId) implements TenantScope {
    @Override
    public void enter(Connection connection) throws SQLException {
      configure(
          connection,
          "SELECT set_config('millrace.tenant', coalesce(tenant_of_request(?)::text, ''), true)",
          requestId);
    }
  }

  /** See {@link #platform}. */
  enum Platform implements TenantScope {
    ALL;

    @Override
    public void enter(Connection connection) throws SQLException {
      try (var statement = connection.createStatement()) {
        statement.execute("SET LOCAL ROLE " + Roles.PLATFORM);
      }
    }
  }

  /** See {@link #none}. */
  enum Nobody implements TenantScope {
    NONE;

    @Override
    public void enter(Connection connection) {
      // Nothing to tell: a transaction begins with no tenant.
    }
  }

  private static void configure(Connection connection, String sql, String value)
      throws SQLException {
    try (var statement = connection.prepareStatement(sql)) {
      statement.setString(1, value);
      statement.execute();
    }
  }
}

package org.millrace.tenancy.persistence;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.millrace.db.TenantScope;
import org.millrace.tenancy.api.Caller;
import org.millrace.tenancy.api.Limits;
import org.millrace.tenancy.key.LastUse;
import org.millrace.tenancy.key.StoredKey;

/** The two statements that requests depend on, without an entity manager in their way. */
public final class KeyTable {
  private KeyTable() {}

  /**
   * Before the tenant is known: through the function that gives one key's row and nothing else. One
   * round trip, no transaction needed.
   */
  public static Optional<StoredKey> find(Connection connection, String publicId)
      throws SQLException {
    try (var query = connection.prepareStatement("SELECT * FROM find_api_key(?)")) {
      query.setString(1, publicId);
      try (var row = query.executeQuery()) {
        return row.next() ? Optional.of(storedKey(row)) : Optional.empty();
      }
    }
  }

  private static StoredKey storedKey(ResultSet row) throws SQLException {
    Limits limits =
        new Limits(
            row.getInt("requests_per_minute"),
            row.getInt("tokens_per_minute"),
            row.getInt("concurrent_sequences"),
            row.getInt("queued_requests"));
    Caller caller =
        new Caller(
            row.getObject("tenant_id", UUID.class),
            row.getString("tenant_slug"),
            row.getObject("project_id", UUID.class),
            row.getObject("key_id", UUID.class),
            limits);
    return new StoredKey(
        row.getBytes("secret_hmac"),
        row.getObject("revoked_at") != null,
        row.getBoolean("suspended"),
        caller);
  }

  /** Writes last-used times; never turns one back. The connection must be in a transaction. */
  public static void writeLastUse(Connection connection, List<LastUse.Use> uses)
      throws SQLException {
    TenantScope.platform().enter(connection);
    try (var update =
        connection.prepareStatement(
            "UPDATE api_key SET last_used_at = ? WHERE id = ? AND (last_used_at IS NULL OR last_used_at < ?)")) {
      // In one order on every node, so that two of them cannot wait for each other.
      for (LastUse.Use use : sorted(uses)) {
        update.setTimestamp(1, timestamp(use.at()));
        update.setObject(2, use.keyId());
        update.setTimestamp(3, timestamp(use.at()));
        update.addBatch();
      }
      update.executeBatch();
    }
  }

  private static List<LastUse.Use> sorted(List<LastUse.Use> uses) {
    return uses.stream().sorted(Comparator.comparing(LastUse.Use::keyId)).toList();
  }

  private static Timestamp timestamp(Instant instant) {
    return Timestamp.from(instant);
  }
}

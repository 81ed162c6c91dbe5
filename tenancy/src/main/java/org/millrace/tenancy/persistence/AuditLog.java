package org.millrace.tenancy.persistence;

import jakarta.persistence.EntityManager;
import java.sql.Array;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.UUID;
import org.hibernate.Session;
import org.jspecify.annotations.Nullable;
import org.millrace.tenancy.api.Actor;
import org.millrace.tenancy.api.AuditTrail.AuditEntry;

/**
 * The audit trail's rows. The database chains them and keeps them; this only hands them in and
 * reads them.
 */
public final class AuditLog {
  private final EntityManager em;

  public AuditLog(EntityManager em) {
    this.em = em;
  }

  /** What is recorded. */
  public record Event(
      Actor actor,
      @Nullable UUID tenantId,
      String action,
      String subject,
      Map<String, String> details) {}

  /** Appends in the transaction under way, whatever its scope. */
  public void append(Event event, Instant at) {
    em.unwrap(Session.class).doWork(connection -> append(connection, event, at));
  }

  private static void append(Connection connection, Event event, Instant at) throws SQLException {
    try (var call =
        connection.prepareStatement(
            "SELECT audit_append(?, ?, ?, ?, ?, ?, jsonb_object(?::text[], ?::text[]))")) {
      call.setObject(1, OffsetDateTime.ofInstant(at, ZoneOffset.UTC));
      call.setString(2, event.actor().subject());
      call.setString(3, event.actor().name());
      call.setObject(4, event.tenantId());
      call.setString(5, event.action());
      call.setString(6, event.subject());
      call.setArray(7, texts(connection, event.details().keySet().toArray()));
      call.setArray(8, texts(connection, event.details().values().toArray()));
      call.execute();
    }
  }

  private static Array texts(Connection connection, Object[] values) throws SQLException {
    return connection.createArrayOf("text", values);
  }

  /** Newest first, as far as the scope shows them. */
  public List<AuditEntry> list(@Nullable UUID tenantId, int limit) {
    return em.unwrap(Session.class)
        .doReturningWork(connection -> list(connection, tenantId, limit));
  }

  private static List<AuditEntry> list(Connection connection, @Nullable UUID tenantId, int limit)
      throws SQLException {
    try (var query =
        connection.prepareStatement(
            """
            SELECT sequence, at, actor_name, tenant_id, action, subject,
                   ARRAY(SELECT key FROM jsonb_each_text(details) ORDER BY key) AS detail_keys,
                   ARRAY(SELECT value FROM jsonb_each_text(details) ORDER BY key) AS detail_values
              FROM audit_entry WHERE ?::uuid IS NULL OR tenant_id = ?::uuid
             ORDER BY sequence DESC LIMIT ?\
            """)) {
      query.setObject(1, tenantId);
      query.setObject(2, tenantId);
      query.setInt(3, limit);
      List<AuditEntry> entries = new ArrayList<>();
      try (var row = query.executeQuery()) {
        while (row.next()) {
          entries.add(entry(row));
        }
      }
      return entries;
    }
  }

  private static AuditEntry entry(ResultSet row) throws SQLException {
    String[] keys = (String[]) row.getArray("detail_keys").getArray();
    String[] values = (String[]) row.getArray("detail_values").getArray();
    Map<String, String> details = new LinkedHashMap<>();
    for (int i = 0; i < keys.length; i++) {
      details.put(keys[i], values[i]);
    }
    return new AuditEntry(
        row.getLong("sequence"),
        row.getObject("at", OffsetDateTime.class).toInstant(),
        row.getString("actor_name"),
        row.getObject("tenant_id", UUID.class),
        row.getString("action"),
        row.getString("subject"),
        details);
  }

  /** The first entry that does not fit the one before it, of the whole chain. */
  public OptionalLong firstBroken() {
    return em.unwrap(Session.class).doReturningWork(AuditLog::firstBroken);
  }

  private static OptionalLong firstBroken(Connection connection) throws SQLException {
    try (var query = connection.prepareStatement("SELECT audit_first_broken()");
        var row = query.executeQuery()) {
      row.next();
      long sequence = row.getLong(1);
      return row.wasNull() ? OptionalLong.empty() : OptionalLong.of(sequence);
    }
  }
}

package org.millrace.billing.ledger;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.millrace.db.Fixture;
import org.millrace.db.TestDatabase;
import org.millrace.tenancy.api.Actor;
import org.millrace.tenancy.api.AuditTrail;

/** An audit trail that remembers, or refuses. What it remembers is in the database too. */
final class RecordedAudit implements AuditTrail {
  private final List<String> actions = new ArrayList<>();
  private final TestDatabase database;
  private boolean refusing;

  RecordedAudit(TestDatabase database) {
    this.database = database;
  }

  @Override
  public synchronized void append(
      Actor actor,
      @Nullable UUID tenantId,
      String action,
      String subject,
      Map<String, String> details) {
    if (refusing) {
      throw new IllegalStateException("the audit row cannot be written");
    }
    actions.add(action + " " + subject);
    write(actor, tenantId, action, subject, details);
  }

  private void write(
      Actor actor,
      @Nullable UUID tenantId,
      String action,
      String subject,
      Map<String, String> details) {
    try (var app = database.asApp()) {
      Fixture.run(
          app,
          "SELECT audit_append(now(), ?, ?, ?, ?, ?, jsonb_object(?, ?))",
          actor.subject(),
          actor.name(),
          tenantId,
          action,
          subject,
          app.createArrayOf("text", details.keySet().toArray()),
          app.createArrayOf("text", details.values().toArray()));
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  synchronized List<String> actions() {
    return List.copyOf(actions);
  }

  void refuse() {
    refusing = true;
  }

  @Override
  public List<AuditEntry> list(Actor actor, @Nullable UUID tenantId, int limit) {
    throw new UnsupportedOperationException();
  }

  @Override
  public OptionalLong firstBroken() {
    throw new UnsupportedOperationException();
  }
}

package org.millrace.billing.ledger;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.millrace.tenancy.api.Actor;
import org.millrace.tenancy.api.AuditTrail;

/** An audit trail that remembers, or refuses. */
final class RecordedAudit implements AuditTrail {
  private final List<String> actions = new ArrayList<>();
  private boolean refusing;

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

package org.millrace.console.fake;

import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.millrace.tenancy.api.Actor;
import org.millrace.tenancy.api.AuditTrail;

/** Entries in a list; the chain breaks where a test says so. */
@Singleton
public class FakeAuditTrail implements AuditTrail {
  public final List<AuditEntry> all = new ArrayList<>();
  public OptionalLong broken = OptionalLong.empty();

  @Override
  public void append(
      Actor actor,
      @Nullable UUID tenantId,
      String action,
      String subject,
      Map<String, String> details) {
    all.addFirst(
        new AuditEntry(
            all.size() + 1L, Instant.now(), actor.name(), tenantId, action, subject, details));
  }

  @Override
  public List<AuditEntry> list(Actor actor, @Nullable UUID tenantId, int limit) {
    return all.stream()
        .filter(e -> tenantId == null || tenantId.equals(e.tenantId()))
        .limit(limit)
        .toList();
  }

  @Override
  public OptionalLong firstBroken() {
    return broken;
  }
}

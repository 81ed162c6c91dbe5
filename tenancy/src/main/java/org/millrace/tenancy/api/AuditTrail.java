package org.millrace.tenancy.api;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What admins did: append-only, chained by hash. */
public interface AuditTrail {
  /**
   * Appends an entry in the caller's transaction: no audit row, no change.
   *
   * @param action verb and noun, e.g. {@code key.create}
   * @param subject what was changed, e.g. the key's id
   * @param details plain values, no secrets
   */
  void append(
      Actor actor,
      @Nullable UUID tenantId,
      String action,
      String subject,
      Map<String, String> details);

  /** Newest first. */
  List<AuditEntry> list(Actor actor, @Nullable UUID tenantId, int limit);

  /**
   * The sequence number of the first entry whose hash does not fit, or empty where the chain is
   * whole.
   */
  java.util.OptionalLong firstBroken();

  /** One entry. */
  record AuditEntry(
      long sequence,
      Instant at,
      String actor,
      @Nullable UUID tenantId,
      String action,
      String subject,
      Map<String, String> details) {}
}

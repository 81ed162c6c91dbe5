package org.millrace.billing.api;

import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.millrace.tenancy.api.Actor;

/**
 * Rated events, one per settled request, and their sums. An actor bound to a tenant sees that
 * tenant alone.
 */
public interface UsageRecords {
  /** The newest first. {@code tenantId null}: all tenants the actor may see. */
  List<UsageRecord> latest(Actor actor, @Nullable UUID tenantId, int limit);

  /** Sums per day (UTC), tenant and model in {@code [from, to)}. */
  List<DailyUsage> daily(Actor actor, @Nullable UUID tenantId, LocalDate from, LocalDate to);

  /** A tenant's own request, for its API. */
  Optional<UsageRecord> find(UUID tenantId, String requestId);

  record UsageRecord(
      String requestId,
      UUID tenantId,
      UUID projectId,
      UUID keyId,
      String model,
      TokenUsage usage,
      Money cost,
      UUID holdId,
      UUID transferId,
      String outcome,
      Instant startedAt,
      Instant finishedAt) {}

  record DailyUsage(
      LocalDate day, UUID tenantId, String model, long requests, TokenUsage usage, Money cost) {}
}

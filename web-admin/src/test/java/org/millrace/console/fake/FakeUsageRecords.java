package org.millrace.console.fake;

import jakarta.inject.Singleton;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.millrace.billing.api.UsageRecords;
import org.millrace.tenancy.api.Actor;

/** Rows that a test puts in; counts how often it was asked. */
@Singleton
public class FakeUsageRecords implements UsageRecords {
  public final List<DailyUsage> days = new ArrayList<>();
  public final List<UsageRecord> records = new ArrayList<>();
  private int timesAsked;

  public int timesAsked() {
    return timesAsked;
  }

  private static boolean sees(Actor actor, @Nullable UUID wanted, UUID tenantId) {
    return (wanted == null || wanted.equals(tenantId))
        && (actor.tenantId() == null || actor.tenantId().equals(tenantId));
  }

  @Override
  public List<UsageRecord> latest(Actor actor, @Nullable UUID tenantId, int limit) {
    return records.stream().filter(r -> sees(actor, tenantId, r.tenantId())).limit(limit).toList();
  }

  @Override
  public List<DailyUsage> daily(
      Actor actor, @Nullable UUID tenantId, LocalDate from, LocalDate to) {
    timesAsked++;
    return days.stream()
        .filter(d -> sees(actor, tenantId, d.tenantId()))
        .filter(d -> !d.day().isBefore(from) && d.day().isBefore(to))
        .toList();
  }

  @Override
  public Optional<UsageRecord> find(UUID tenantId, String requestId) {
    return records.stream()
        .filter(r -> r.tenantId().equals(tenantId) && r.requestId().equals(requestId))
        .findFirst();
  }
}

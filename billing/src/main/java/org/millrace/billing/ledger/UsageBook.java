package org.millrace.billing.ledger;

import java.time.LocalDate;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.millrace.billing.access.Access;
import org.millrace.billing.api.UsageRecords;
import org.millrace.billing.persistence.Tables;
import org.millrace.db.TenantScope;
import org.millrace.tenancy.api.Actor;
import org.millrace.transaction.UnitOfWork;

/** See {@link UsageRecords}. Thread-safe. */
public final class UsageBook implements UsageRecords {
  static final int DAYS_MAX = 400;

  private final UnitOfWork<Tables> work;

  public UsageBook(UnitOfWork<Tables> work) {
    this.work = work;
  }

  @Override
  public List<UsageRecord> latest(Actor actor, @Nullable UUID tenantId, int limit) {
    Checks.limit(limit);
    return work.in(
        Access.toReadUsage(actor, tenantId), tables -> tables.usage().latest(tenantId, limit));
  }

  @Override
  public List<DailyUsage> daily(
      Actor actor, @Nullable UUID tenantId, LocalDate from, LocalDate to) {
    TenantScope scope = Access.toReadUsage(actor, tenantId);
    long days = ChronoUnit.DAYS.between(from, to);
    if (days < 1 || days > DAYS_MAX) {
      throw Checks.refused(
          "from %s to %s are %d days; it takes 1 to %d".formatted(from, to, days, DAYS_MAX));
    }
    return work.in(scope, tables -> tables.usage().daily(tenantId, from, to));
  }

  @Override
  public Optional<UsageRecord> find(UUID tenantId, String requestId) {
    return work.in(TenantScope.of(tenantId), tables -> tables.usage().find(requestId));
  }
}

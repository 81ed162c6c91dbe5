package org.millrace.billing.persistence;

import jakarta.persistence.EntityManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.millrace.billing.api.Money;
import org.millrace.billing.api.TokenUsage;
import org.millrace.billing.api.UsageRecords.DailyUsage;
import org.millrace.billing.api.UsageRecords.UsageRecord;

/** Usage records, as far as the transaction's scope shows them. */
public final class UsageStore {
  private static final String DAILY =
      """
      SELECT (finished_at AT TIME ZONE 'UTC')::date AS day, tenant_id, model, currency, count(*) AS requests,
             sum(input_tokens) AS input_tokens, sum(cached_input_tokens) AS cached_input_tokens, sum(output_tokens) AS output_tokens,
             sum(cost) AS cost
        FROM usage_record
       WHERE finished_at >= ? AND finished_at < ? AND (?::uuid IS NULL OR tenant_id = ?::uuid)
       GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4\
      """;

  private final EntityManager em;

  UsageStore(EntityManager em) {
    this.em = em;
  }

  /** Newest first. */
  public List<UsageRecord> latest(@Nullable UUID tenantId, int limit) {
    var query =
        tenantId == null
            ? em.createQuery(
                "select u from UsageRecord u order by u.finishedAt desc", UsageRecordEntity.class)
            : em.createQuery(
                    "select u from UsageRecord u where u.tenantId = :tenant order by u.finishedAt desc",
                    UsageRecordEntity.class)
                .setParameter("tenant", tenantId);
    return query.setMaxResults(limit).getResultStream().map(UsageRecordEntity::view).toList();
  }

  public Optional<UsageRecord> find(String requestId) {
    return Optional.ofNullable(em.find(UsageRecordEntity.class, requestId))
        .map(UsageRecordEntity::view);
  }

  /** Days of UTC in {@code [from, to)}. */
  public List<DailyUsage> daily(@Nullable UUID tenantId, LocalDate from, LocalDate to) {
    return new Statements(em)
        .list(
            DAILY,
            UsageStore::dailyUsage,
            from.atStartOfDay(ZoneOffset.UTC).toInstant(),
            to.atStartOfDay(ZoneOffset.UTC).toInstant(),
            tenantId,
            tenantId);
  }

  private static DailyUsage dailyUsage(ResultSet row) throws SQLException {
    return new DailyUsage(
        row.getObject("day", LocalDate.class),
        row.getObject("tenant_id", UUID.class),
        row.getString("model"),
        row.getLong("requests"),
        new TokenUsage(
            row.getLong("input_tokens"),
            row.getLong("cached_input_tokens"),
            row.getLong("output_tokens")),
        new Money(row.getBigDecimal("cost"), row.getString("currency")));
  }
}

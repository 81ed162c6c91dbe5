package org.millrace.billing.persistence;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.UUID;
import org.hibernate.annotations.Immutable;
import org.millrace.billing.api.Money;
import org.millrace.billing.api.TokenUsage;
import org.millrace.billing.api.UsageRecords.UsageRecord;

/** A usage record's row: written by the database when it settles, only read here. */
@Entity(name = "UsageRecord")
@Table(name = "usage_record")
@Immutable
public class UsageRecordEntity {
  @Id
  @Column(name = "request_id")
  private String requestId;

  @Column(name = "tenant_id")
  private UUID tenantId;

  @Column(name = "project_id")
  private UUID projectId;

  @Column(name = "key_id")
  private UUID keyId;

  @Column(name = "hold_id")
  private UUID holdId;

  @Column(name = "transfer_id")
  private UUID transferId;

  private String model;

  @Column(name = "input_tokens")
  private long inputTokens;

  @Column(name = "cached_input_tokens")
  private long cachedInputTokens;

  @Column(name = "output_tokens")
  private long outputTokens;

  private BigDecimal cost;
  private String currency;
  private String outcome;

  @Column(name = "started_at")
  private Instant startedAt;

  @Column(name = "finished_at")
  private Instant finishedAt;

  @SuppressWarnings("NullAway.Init") // filled by Hibernate
  protected UsageRecordEntity() {}

  UsageRecord view() {
    return new UsageRecord(
        requestId,
        tenantId,
        projectId,
        keyId,
        model,
        new TokenUsage(inputTokens, cachedInputTokens, outputTokens),
        new Money(cost, currency),
        holdId,
        transferId,
        outcome,
        startedAt,
        finishedAt);
  }
}

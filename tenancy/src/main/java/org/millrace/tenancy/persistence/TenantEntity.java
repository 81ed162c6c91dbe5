package org.millrace.tenancy.persistence;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;
import java.util.UUID;
import org.hibernate.annotations.DynamicUpdate;
import org.millrace.tenancy.api.Limits;
import org.millrace.tenancy.api.TenantView;

/** A tenant's row. Updates name changed columns only: the application may not write the others. */
@Entity(name = "Tenant")
@Table(name = "tenant")
@DynamicUpdate
public class TenantEntity {
  @Id private UUID id;
  private String slug;
  private String name;
  private boolean suspended;

  @Column(name = "requests_per_minute")
  private int requestsPerMinute;

  @Column(name = "tokens_per_minute")
  private int tokensPerMinute;

  @Column(name = "concurrent_sequences")
  private int concurrentSequences;

  @Column(name = "queued_requests")
  private int queuedRequests;

  @Column(name = "created_at")
  private Instant createdAt;

  @SuppressWarnings("NullAway.Init") // filled by Hibernate
  protected TenantEntity() {}

  TenantEntity(UUID id, String slug, String name, Limits limits, Instant createdAt) {
    this.id = id;
    this.slug = slug;
    this.name = name;
    this.createdAt = createdAt;
    changeLimits(limits);
  }

  UUID id() {
    return id;
  }

  final void changeLimits(Limits limits) {
    requestsPerMinute = limits.requestsPerMinute();
    tokensPerMinute = limits.tokensPerMinute();
    concurrentSequences = limits.concurrentSequences();
    queuedRequests = limits.queuedRequests();
  }

  void setSuspended(boolean suspended) {
    this.suspended = suspended;
  }

  TenantView view() {
    Limits limits =
        new Limits(requestsPerMinute, tokensPerMinute, concurrentSequences, queuedRequests);
    return new TenantView(id, slug, name, suspended, limits, createdAt);
  }
}

package org.millrace.tenancy.persistence;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;
import java.util.UUID;
import org.hibernate.annotations.DynamicUpdate;
import org.jspecify.annotations.Nullable;
import org.millrace.tenancy.api.ApiKeyView;
import org.millrace.tenancy.api.ProjectView;
import org.millrace.tenancy.key.ApiKeyText;

/** A key's row. Updates name changed columns only: the application may not write the others. */
@Entity(name = "ApiKey")
@Table(name = "api_key")
@DynamicUpdate
public class ApiKeyEntity {
  @Id private UUID id;

  @Column(name = "tenant_id")
  private UUID tenantId;

  @Column(name = "project_id")
  private UUID projectId;

  @Column(name = "public_id")
  private String publicId;

  private String name;

  @Column(name = "secret_hmac")
  private byte[] secretHmac;

  @Column(name = "created_at")
  private Instant createdAt;

  @Column(name = "last_used_at")
  private @Nullable Instant lastUsedAt;

  @Column(name = "revoked_at")
  private @Nullable Instant revokedAt;

  @SuppressWarnings("NullAway.Init") // filled by Hibernate
  protected ApiKeyEntity() {}

  ApiKeyEntity(
      ProjectView project, UUID id, ApiKeyText key, byte[] secretHmac, String name, Instant now) {
    this.id = id;
    this.tenantId = project.tenantId();
    this.projectId = project.id();
    this.publicId = key.publicId();
    this.secretHmac = secretHmac.clone();
    this.name = name;
    this.createdAt = now;
  }

  UUID projectId() {
    return projectId;
  }

  /** False where it had been revoked before. */
  boolean revoke(Instant now) {
    if (revokedAt != null) {
      return false;
    }
    revokedAt = now;
    return true;
  }

  ApiKeyView view(String projectName) {
    return new ApiKeyView(
        id,
        tenantId,
        projectId,
        projectName,
        name,
        ApiKeyText.PREFIX + publicId,
        createdAt,
        lastUsedAt,
        revokedAt);
  }
}

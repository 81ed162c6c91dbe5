package org.millrace.tenancy.persistence;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;
import java.util.UUID;
import org.millrace.tenancy.api.ProjectView;

/** A project's row. */
@Entity(name = "Project")
@Table(name = "project")
public class ProjectEntity {
  @Id private UUID id;

  @Column(name = "tenant_id")
  private UUID tenantId;

  private String name;

  @Column(name = "created_at")
  private Instant createdAt;

  @SuppressWarnings("NullAway.Init") // filled by Hibernate
  protected ProjectEntity() {}

  ProjectEntity(UUID id, UUID tenantId, String name, Instant createdAt) {
    this.id = id;
    this.tenantId = tenantId;
    this.name = name;
    this.createdAt = createdAt;
  }

  ProjectView view() {
    return new ProjectView(id, tenantId, name, createdAt);
  }
}

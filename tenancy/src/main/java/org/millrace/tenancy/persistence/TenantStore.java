package org.millrace.tenancy.persistence;

import jakarta.persistence.EntityManager;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.millrace.tenancy.api.Limits;
import org.millrace.tenancy.api.ProjectView;
import org.millrace.tenancy.api.TenantView;

/** Tenants and projects, as far as the transaction's scope shows them. */
public final class TenantStore {
  private final EntityManager em;

  public TenantStore(EntityManager em) {
    this.em = em;
  }

  public List<TenantView> list(int offset, int limit) {
    return em.createQuery("select t from Tenant t order by t.name, t.id", TenantEntity.class)
        .setFirstResult(offset)
        .setMaxResults(limit)
        .getResultStream()
        .map(TenantEntity::view)
        .toList();
  }

  public Optional<TenantView> find(UUID tenantId) {
    return Optional.ofNullable(em.find(TenantEntity.class, tenantId)).map(TenantEntity::view);
  }

  public Optional<TenantView> findBySlug(String slug) {
    return em.createQuery("select t from Tenant t where t.slug = :slug", TenantEntity.class)
        .setParameter("slug", slug)
        .getResultStream()
        .findFirst()
        .map(TenantEntity::view);
  }

  public TenantView add(UUID id, String slug, String name, Limits limits, Instant now) {
    TenantEntity tenant = new TenantEntity(id, slug, name, limits, now);
    em.persist(tenant);
    // Now, so that a slug that is taken is refused here, and rows that refer to it may follow.
    em.flush();
    return tenant.view();
  }

  public Optional<TenantView> changeLimits(UUID tenantId, Limits limits) {
    Optional<TenantEntity> tenant = Optional.ofNullable(em.find(TenantEntity.class, tenantId));
    tenant.ifPresent(t -> t.changeLimits(limits));
    return tenant.map(TenantEntity::view);
  }

  public Optional<TenantView> setSuspended(UUID tenantId, boolean suspended) {
    Optional<TenantEntity> tenant = Optional.ofNullable(em.find(TenantEntity.class, tenantId));
    tenant.ifPresent(t -> t.setSuspended(suspended));
    return tenant.map(TenantEntity::view);
  }

  /** Ordered by name. */
  public List<ProjectView> projects(UUID tenantId) {
    return em.createQuery(
            "select p from Project p where p.tenantId = :tenant order by p.name",
            ProjectEntity.class)
        .setParameter("tenant", tenantId)
        .getResultStream()
        .map(ProjectEntity::view)
        .toList();
  }

  public Optional<ProjectView> findProject(UUID projectId) {
    return Optional.ofNullable(em.find(ProjectEntity.class, projectId)).map(ProjectEntity::view);
  }

  public ProjectView addProject(UUID id, UUID tenantId, String name, Instant now) {
    ProjectEntity project = new ProjectEntity(id, tenantId, name, now);
    em.persist(project);
    em.flush();
    return project.view();
  }
}

package org.millrace.tenancy.api;

import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * Tenants and their projects, for admins. Every change writes its audit row in the same
 * transaction. An actor bound to a tenant sees and changes that tenant alone; others get {@link
 * TenancyError#NOT_FOUND}.
 */
public interface Tenants {
  /** Ordered by name; at most {@code limit} (1..1000) from {@code offset}. */
  List<TenantView> list(Actor actor, int offset, int limit);

  Optional<TenantView> find(Actor actor, UUID tenantId);

  Optional<TenantView> findBySlug(Actor actor, String slug);

  /**
   * Creates a tenant with one project, {@code default}. The slug is 2 to 40 of {@code a-z 0-9 -}.
   */
  TenantView create(Actor actor, String slug, String name);

  TenantView changeLimits(Actor actor, UUID tenantId, Limits limits);

  /** Suspends or resumes: a suspended tenant's keys are refused within a second. */
  TenantView setSuspended(Actor actor, UUID tenantId, boolean suspended);

  List<ProjectView> projects(Actor actor, UUID tenantId);

  ProjectView createProject(Actor actor, UUID tenantId, String name);
}

package org.millrace.console.fake;

import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.millrace.tenancy.api.Actor;
import org.millrace.tenancy.api.Limits;
import org.millrace.tenancy.api.ProjectView;
import org.millrace.tenancy.api.TenancyError;
import org.millrace.tenancy.api.TenancyException;
import org.millrace.tenancy.api.TenantView;
import org.millrace.tenancy.api.Tenants;

/**
 * Tenants in a list. An actor who is bound to a tenant sees that one alone, as the contract says.
 */
@Singleton
public class FakeTenants implements Tenants {
  public final List<TenantView> all = new ArrayList<>();
  public final List<ProjectView> projects = new ArrayList<>();

  private static boolean sees(Actor actor, UUID tenantId) {
    return actor.tenantId() == null || actor.tenantId().equals(tenantId);
  }

  @Override
  public List<TenantView> list(Actor actor, int offset, int limit) {
    return all.stream()
        .filter(t -> sees(actor, t.id()))
        .sorted(Comparator.comparing(TenantView::name))
        .skip(offset)
        .limit(limit)
        .toList();
  }

  @Override
  public Optional<TenantView> find(Actor actor, UUID tenantId) {
    return all.stream().filter(t -> t.id().equals(tenantId) && sees(actor, t.id())).findFirst();
  }

  @Override
  public Optional<TenantView> findBySlug(Actor actor, String slug) {
    return all.stream().filter(t -> t.slug().equals(slug) && sees(actor, t.id())).findFirst();
  }

  @Override
  public TenantView create(Actor actor, String slug, String name) {
    if (findBySlug(Actor.system(), slug).isPresent()) {
      throw new TenancyException(
          TenancyError.NAME_TAKEN, "the short name '" + slug + "' is taken; choose another");
    }
    if (!slug.matches("[a-z0-9-]{2,40}")) {
      throw new TenancyException(
          TenancyError.INVALID_VALUE,
          "the short name '" + slug + "' is not 2 to 40 of a-z, 0-9 and -");
    }
    var tenant =
        new TenantView(UUID.randomUUID(), slug, name, false, Limits.defaults(), Instant.now());
    all.add(tenant);
    createProject(actor, tenant.id(), "default");
    return tenant;
  }

  private TenantView require(Actor actor, UUID tenantId) {
    return find(actor, tenantId)
        .orElseThrow(
            () -> new TenancyException(TenancyError.NOT_FOUND, "there is no tenant " + tenantId));
  }

  private TenantView replace(TenantView old, boolean suspended, Limits limits) {
    var changed =
        new TenantView(old.id(), old.slug(), old.name(), suspended, limits, old.createdAt());
    all.replaceAll(t -> t.id().equals(old.id()) ? changed : t);
    return changed;
  }

  @Override
  public TenantView changeLimits(Actor actor, UUID tenantId, Limits limits) {
    TenantView old = require(actor, tenantId);
    if (limits.requestsPerMinute() < 1) {
      throw new TenancyException(
          TenancyError.INVALID_VALUE,
          "requests per minute is %d; it must be 1 or more".formatted(limits.requestsPerMinute()));
    }
    return replace(old, old.suspended(), limits);
  }

  @Override
  public TenantView setSuspended(Actor actor, UUID tenantId, boolean suspended) {
    TenantView old = require(actor, tenantId);
    return replace(old, suspended, old.limits());
  }

  @Override
  public List<ProjectView> projects(Actor actor, UUID tenantId) {
    require(actor, tenantId);
    return projects.stream().filter(p -> Objects.equals(p.tenantId(), tenantId)).toList();
  }

  @Override
  public ProjectView createProject(Actor actor, UUID tenantId, String name) {
    require(actor, tenantId);
    var project = new ProjectView(UUID.randomUUID(), tenantId, name, Instant.now());
    projects.add(project);
    return project;
  }
}

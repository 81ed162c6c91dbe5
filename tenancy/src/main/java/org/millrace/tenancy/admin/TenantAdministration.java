package org.millrace.tenancy.admin;

import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.millrace.tenancy.access.Access;
import org.millrace.tenancy.api.Actor;
import org.millrace.tenancy.api.Limits;
import org.millrace.tenancy.api.ProjectView;
import org.millrace.tenancy.api.TenancyError;
import org.millrace.tenancy.api.TenancyException;
import org.millrace.tenancy.api.TenantView;
import org.millrace.tenancy.api.Tenants;
import org.millrace.tenancy.persistence.AuditLog;
import org.millrace.tenancy.persistence.Tables;
import org.millrace.tenancy.persistence.TenantStore;
import org.millrace.transaction.UnitOfWork;

/** See {@link Tenants}. Thread-safe. */
public final class TenantAdministration implements Tenants {
  private static final Pattern SLUG = Pattern.compile("[a-z0-9-]{2,40}");
  private static final int LIMIT_MAX = 1_000_000_000;

  private final UnitOfWork<Tables> work;
  private final InstantSource clock;
  private final Supplier<UUID> ids;

  public TenantAdministration(UnitOfWork<Tables> work, InstantSource clock, Supplier<UUID> ids) {
    this.work = work;
    this.clock = clock;
    this.ids = ids;
  }

  @Override
  public List<TenantView> list(Actor actor, int offset, int limit) {
    Checks.offset(offset);
    Checks.limit(limit);
    return work.in(Access.toRead(actor), tables -> tables.tenants().list(offset, limit));
  }

  @Override
  public Optional<TenantView> find(Actor actor, UUID tenantId) {
    // Not by its id alone: a tenant that the actor may not know of is simply not there.
    return work.in(Access.toRead(actor), tables -> tables.tenants().find(tenantId));
  }

  @Override
  public Optional<TenantView> findBySlug(Actor actor, String slug) {
    return work.in(Access.toRead(actor), tables -> tables.tenants().findBySlug(slug));
  }

  @Override
  public TenantView create(Actor actor, String slug, String name) {
    var scope = Access.toAdminister(actor);
    if (!SLUG.matcher(slug).matches()) {
      throw Checks.refused(
          "slug '%s' is not 2 to 40 of a-z 0-9 -"
              .formatted(slug.length() > 60 ? slug.substring(0, 60) + "..." : slug));
    }
    String checkedName = Checks.name("tenant", name);
    return work.in(
        scope,
        tables -> {
          TenantStore tenants = tables.tenants();
          if (tenants.findBySlug(slug).isPresent()) {
            throw new TenancyException(
                TenancyError.NAME_TAKEN, "there is a tenant '%s' already".formatted(slug));
          }

          // From here it must succeed.
          Instant now = now();
          TenantView tenant = tenants.add(ids.get(), slug, checkedName, Limits.defaults(), now);
          tenants.addProject(ids.get(), tenant.id(), "default", now);
          tables
              .audit()
              .append(
                  event(
                      actor,
                      tenant.id(),
                      "tenant.create",
                      Map.of("slug", slug, "name", checkedName)),
                  now);
          return tenant;
        });
  }

  @Override
  public TenantView changeLimits(Actor actor, UUID tenantId, Limits limits) {
    var scope = Access.toAdminister(actor);
    check(limits);
    return work.in(
        scope,
        tables -> {
          TenantStore tenants = tables.tenants();
          Limits before =
              tenants
                  .find(tenantId)
                  .map(TenantView::limits)
                  .orElseThrow(() -> Access.noSuchTenant(tenantId));
          TenantView after = tenants.changeLimits(tenantId, limits).orElseThrow();
          Map<String, String> details =
              Map.of("before", before.toString(), "after", limits.toString());
          tables.audit().append(event(actor, tenantId, "tenant.limits", details), now());
          return after;
        });
  }

  @Override
  public TenantView setSuspended(Actor actor, UUID tenantId, boolean suspended) {
    return work.in(
        Access.toAdminister(actor),
        tables -> {
          TenantView after =
              tables
                  .tenants()
                  .setSuspended(tenantId, suspended)
                  .orElseThrow(() -> Access.noSuchTenant(tenantId));
          String action = suspended ? "tenant.suspend" : "tenant.resume";
          tables.audit().append(event(actor, tenantId, action, Map.of()), now());
          return after;
        });
  }

  @Override
  public List<ProjectView> projects(Actor actor, UUID tenantId) {
    return work.in(
        Access.toRead(actor, tenantId),
        tables -> {
          TenantStore tenants = tables.tenants();
          Checks.exists(tenants, tenantId);
          return tenants.projects(tenantId);
        });
  }

  @Override
  public ProjectView createProject(Actor actor, UUID tenantId, String name) {
    var scope = Access.toManage(actor, tenantId);
    String checkedName = Checks.name("project", name);
    return work.in(
        scope,
        tables -> {
          TenantStore tenants = tables.tenants();
          Checks.exists(tenants, tenantId);
          if (tenants.projects(tenantId).stream().anyMatch(p -> p.name().equals(checkedName))) {
            throw new TenancyException(
                TenancyError.NAME_TAKEN,
                "the tenant has a project '%s' already".formatted(checkedName));
          }

          // From here it must succeed.
          ProjectView project = tenants.addProject(ids.get(), tenantId, checkedName, now());
          var details = Map.of("project", project.id().toString(), "name", checkedName);
          tables.audit().append(event(actor, tenantId, "project.create", details), now());
          return project;
        });
  }

  private static void check(Limits limits) {
    Checks.between("requests per minute", limits.requestsPerMinute(), 1, LIMIT_MAX);
    Checks.between("tokens per minute", limits.tokensPerMinute(), 1, LIMIT_MAX);
    Checks.between("concurrent sequences", limits.concurrentSequences(), 1, 100_000);
    Checks.between("queued requests", limits.queuedRequests(), 0, 100_000);
  }

  private static AuditLog.Event event(
      Actor actor, UUID tenantId, String action, Map<String, String> details) {
    return new AuditLog.Event(actor, tenantId, action, tenantId.toString(), details);
  }

  /** As precise as the database, so that what is answered is what is stored. */
  private Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.MICROS);
  }
}

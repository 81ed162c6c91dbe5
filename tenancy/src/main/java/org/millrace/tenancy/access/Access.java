package org.millrace.tenancy.access;

import static org.millrace.tenancy.api.Actor.AUDITOR;
import static org.millrace.tenancy.api.Actor.BILLING_ADMIN;
import static org.millrace.tenancy.api.Actor.PLATFORM_ADMIN;
import static org.millrace.tenancy.api.Actor.TENANT_ADMIN;

import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.millrace.db.TenantScope;
import org.millrace.tenancy.api.Actor;
import org.millrace.tenancy.api.TenancyError;
import org.millrace.tenancy.api.TenancyException;

/**
 * What an actor may do. One bound to a tenant works within that tenant's fence whatever the roles
 * say, and other tenants do not exist for it. A tenant admin that is bound to none may do nothing.
 */
public final class Access {
  private Access() {}

  /** To see tenants, projects and keys. */
  public static TenantScope toRead(Actor actor) {
    require(
        actor,
        isOneOf(actor, PLATFORM_ADMIN, BILLING_ADMIN, AUDITOR) || isTenantsOwnAdmin(actor),
        "see tenants");
    return scopeOf(actor);
  }

  /** To see what belongs to this tenant. */
  public static TenantScope toRead(Actor actor, UUID tenantId) {
    requireReach(actor, tenantId);
    return toRead(actor);
  }

  /** To change projects and keys, of the tenants that the scope shows. */
  public static TenantScope toManage(Actor actor) {
    require(
        actor,
        isOneOf(actor, PLATFORM_ADMIN) || isTenantsOwnAdmin(actor),
        "change projects or keys");
    return scopeOf(actor);
  }

  /** To change this tenant's projects and keys. */
  public static TenantScope toManage(Actor actor, UUID tenantId) {
    requireReach(actor, tenantId);
    return toManage(actor);
  }

  /** To create tenants and to change what they may use. */
  public static TenantScope toAdminister(Actor actor) {
    require(
        actor, isOneOf(actor, PLATFORM_ADMIN) && actor.tenantId() == null, "administer tenants");
    return TenantScope.platform();
  }

  /** To read the audit trail: {@code tenantId null} is all that the actor may see. */
  public static TenantScope toAudit(Actor actor, @Nullable UUID tenantId) {
    if (tenantId != null) {
      requireReach(actor, tenantId);
    }
    require(
        actor,
        isOneOf(actor, PLATFORM_ADMIN, AUDITOR) || isTenantsOwnAdmin(actor),
        "read the audit trail");
    return scopeOf(actor);
  }

  /** The answer for a tenant that is not there, and for one that the actor may not know of. */
  public static TenancyException noSuchTenant(Object tenant) {
    return new TenancyException(TenancyError.NOT_FOUND, "there is no tenant " + tenant);
  }

  private static TenantScope scopeOf(Actor actor) {
    UUID bound = actor.tenantId();
    return bound == null ? TenantScope.platform() : TenantScope.of(bound);
  }

  private static void requireReach(Actor actor, UUID tenantId) {
    if (actor.tenantId() != null && !actor.tenantId().equals(tenantId)) {
      throw noSuchTenant(tenantId);
    }
  }

  private static boolean isTenantsOwnAdmin(Actor actor) {
    return actor.has(TENANT_ADMIN) && actor.tenantId() != null;
  }

  private static boolean isOneOf(Actor actor, String... roles) {
    for (String role : roles) {
      if (actor.has(role)) {
        return true;
      }
    }
    return false;
  }

  private static void require(Actor actor, boolean allowed, String what) {
    if (!allowed) {
      throw new TenancyException(
          TenancyError.FORBIDDEN,
          "%s may not %s with roles %s%s"
              .formatted(
                  actor.name(),
                  what,
                  actor.roles().stream().sorted().toList(),
                  actor.tenantId() == null ? "" : " in one tenant"));
    }
  }
}

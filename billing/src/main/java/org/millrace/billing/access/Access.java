package org.millrace.billing.access;

import static org.millrace.tenancy.api.Actor.AUDITOR;
import static org.millrace.tenancy.api.Actor.BILLING_ADMIN;
import static org.millrace.tenancy.api.Actor.PLATFORM_ADMIN;
import static org.millrace.tenancy.api.Actor.TENANT_ADMIN;

import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.millrace.billing.api.BillingError;
import org.millrace.billing.api.BillingException;
import org.millrace.db.TenantScope;
import org.millrace.tenancy.api.Actor;

/**
 * What an actor may do with money. One bound to a tenant only ever reads, and only that tenant's;
 * other tenants do not exist for it.
 */
public final class Access {
  private Access() {}

  /** To set prices and give credit. */
  public static TenantScope toChangeMoney(Actor actor) {
    if (actor.tenantId() != null || !hasOneOf(actor, PLATFORM_ADMIN, BILLING_ADMIN)) {
      throw forbidden(actor, "set prices or give credit");
    }
    return TenantScope.platform();
  }

  /** To read usage: {@code tenantId null} is all that the actor may see. */
  public static TenantScope toReadUsage(Actor actor, @Nullable UUID tenantId) {
    UUID bound = actor.tenantId();
    if (bound != null && tenantId != null && !bound.equals(tenantId)) {
      throw new BillingException(BillingError.NOT_FOUND, "there is no tenant " + tenantId);
    }
    if (bound != null && hasOneOf(actor, PLATFORM_ADMIN, BILLING_ADMIN, AUDITOR, TENANT_ADMIN)) {
      return TenantScope.of(bound);
    }
    if (bound == null && hasOneOf(actor, PLATFORM_ADMIN, BILLING_ADMIN, AUDITOR)) {
      return TenantScope.platform();
    }
    throw forbidden(actor, "read usage");
  }

  private static boolean hasOneOf(Actor actor, String... roles) {
    return Stream.of(roles).anyMatch(actor::has);
  }

  private static BillingException forbidden(Actor actor, String what) {
    return new BillingException(
        BillingError.FORBIDDEN,
        "%s may not %s with roles %s"
            .formatted(actor.name(), what, actor.roles().stream().sorted().toList()));
  }
}

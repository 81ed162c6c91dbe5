package org.millrace.webapi.admin;

import java.util.HashSet;
import java.util.Set;
import java.util.UUID;
import org.millrace.tenancy.api.Actor;
import org.millrace.tenancy.api.TenantView;
import org.millrace.tenancy.api.Tenants;
import org.millrace.webapi.error.ApiError;
import org.millrace.webapi.error.ApiException;
import org.millrace.webapi.http.Call;
import org.millrace.webapi.http.Gate;

/** Says who acts, from the bearer token of a call. */
public final class Actors {
  private static final Set<String> PLATFORM_WIDE =
      Set.of(Actor.PLATFORM_ADMIN, Actor.BILLING_ADMIN, Actor.AUDITOR);

  private final Tokens tokens;
  private final Tenants tenants;

  public Actors(Tokens tokens, Tenants tenants) {
    this.tokens = tokens;
    this.tenants = tenants;
  }

  /**
   * @throws ApiException with {@code TOKEN_INVALID}, or {@code FORBIDDEN} where the person has no
   *     role here
   */
  public Actor of(Call call) {
    var person = tokens.check(Gate.bearer(call));
    var roles = new HashSet<>(person.groups());
    var known = new HashSet<>(PLATFORM_WIDE);
    known.add(Actor.TENANT_ADMIN);
    roles.retainAll(known);
    if (roles.isEmpty()) {
      throw new ApiException(
          ApiError.FORBIDDEN,
          "'%s' has none of the roles platform-admin, billing-admin, tenant-admin, auditor."
              .formatted(person.name()));
    }
    // Who has a role for the whole platform is bound to no tenant; everyone else to exactly one.
    var bound = roles.stream().noneMatch(PLATFORM_WIDE::contains);
    return new Actor(
        person.subject(), person.name(), Set.copyOf(roles), bound ? tenantOf(person) : null);
  }

  private UUID tenantOf(Tokens.Person person) {
    var slug = person.tenantSlug();
    if (slug == null) {
      throw new ApiException(
          ApiError.FORBIDDEN,
          "'%s' is tenant-admin, but the token names no tenant.".formatted(person.name()));
    }
    return tenants
        .findBySlug(Actor.system(), slug)
        .map(TenantView::id)
        .orElseThrow(() ->
            new ApiException(
                ApiError.FORBIDDEN,
                "The token of '%s' names a tenant that is not there: '%s'."
                    .formatted(person.name(), slug)));
  }

  /** For what no bean checks: refuses who has none of these roles. */
  static void requireAny(Actor actor, String... roles) {
    for (var role : roles) {
      if (actor.has(role)) {
        return;
      }
    }
    throw new ApiException(
        ApiError.FORBIDDEN, "This needs the role " + String.join(" or ", roles) + ".");
  }
}

package org.millrace.console.session;

import static org.millrace.tenancy.api.Actor.AUDITOR;
import static org.millrace.tenancy.api.Actor.BILLING_ADMIN;
import static org.millrace.tenancy.api.Actor.PLATFORM_ADMIN;
import static org.millrace.tenancy.api.Actor.TENANT_ADMIN;

import java.util.Set;

/** What a role may see and do in the console. The services behind it check again. */
public enum Permission {
  SEE_PLATFORM(PLATFORM_ADMIN, BILLING_ADMIN, AUDITOR),
  SEE_TENANT(PLATFORM_ADMIN, BILLING_ADMIN, AUDITOR, TENANT_ADMIN),
  SEE_AUDIT(PLATFORM_ADMIN, AUDITOR, TENANT_ADMIN),
  MANAGE_TENANTS(PLATFORM_ADMIN),
  MANAGE_KEYS(PLATFORM_ADMIN, TENANT_ADMIN),
  GRANT_CREDIT(PLATFORM_ADMIN, BILLING_ADMIN),
  SET_PRICES(PLATFORM_ADMIN, BILLING_ADMIN),
  MANAGE_MODELS(PLATFORM_ADMIN);

  private final Set<String> roles;

  Permission(String... roles) {
    this.roles = Set.of(roles);
  }

  boolean grantedTo(Set<String> personsRoles) {
    return personsRoles.stream().anyMatch(roles::contains);
  }

  /** The roles to ask for, for a message. */
  String rolesToAskFor() {
    return String.join(" or ", roles.stream().sorted().toList());
  }
}

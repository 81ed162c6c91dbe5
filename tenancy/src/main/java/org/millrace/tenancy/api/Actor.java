package org.millrace.tenancy.api;

import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Who does an admin action: a person identified by Keycloak, or the platform itself.
 *
 * @param subject the person's stable id at the identity provider, or {@code system}
 * @param name what to show
 * @param roles platform-admin, billing-admin, tenant-admin, auditor
 * @param tenantId the only tenant the person may act on; {@code null} for platform-wide roles
 */
public record Actor(String subject, String name, Set<String> roles, @Nullable UUID tenantId) {
  public static final String PLATFORM_ADMIN = "platform-admin";
  public static final String BILLING_ADMIN = "billing-admin";
  public static final String TENANT_ADMIN = "tenant-admin";
  public static final String AUDITOR = "auditor";

  /** The platform acting on its own behalf: bootstrap and timers. */
  public static Actor system() {
    return new Actor("system", "Millrace", Set.of(PLATFORM_ADMIN, BILLING_ADMIN), null);
  }

  public boolean has(String role) {
    return roles.contains(role);
  }
}

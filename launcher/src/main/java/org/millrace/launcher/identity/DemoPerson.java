package org.millrace.launcher.identity;

import java.util.List;

/**
 * The people of the demo realm, as {@code realm.json} makes them; printed by {@code up} for the
 * embedded Keycloak only.
 */
public record DemoPerson(String name, String password, String role) {
  public static final List<DemoPerson> ALL =
      List.of(
          new DemoPerson("admin@demo", "admin", "platform-admin"),
          new DemoPerson("billing@demo", "billing", "billing-admin"),
          new DemoPerson("tenant@demo", "tenant", "tenant-admin"),
          new DemoPerson("auditor@demo", "auditor", "auditor"));
}

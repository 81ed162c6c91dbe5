package org.millrace.launcher.settings;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.millrace.launcher.console.LaunchException;

/**
 * Every port the platform listens on. All follow from the API's, so that a second platform needs
 * one option; each can be set alone.
 *
 * @param api the API and the console
 * @param keycloak the login
 * @param database PostgreSQL, on the loopback address only
 * @param admin Payara's administration, on the loopback address only
 */
public record Ports(int api, int keycloak, int database, int admin) {
  public static final int DEFAULT_API = 8080;
  private static final int KEYCLOAK_OFFSET = 100;
  private static final int DATABASE_OFFSET = 200;
  private static final int ADMIN_OFFSET = 300;
  private static final int MAX = 65_535;

  /** What a port is for, and how to choose another. */
  public record Use(int port, String purpose, String option, String variable) {}

  public Ports {
    var seen = new HashMap<Integer, Use>();
    for (Use use : uses(api, keycloak, database, admin)) {
      if (use.port < 1 || use.port > MAX) {
        throw new LaunchException(
            "port %d for %s is not between 1 and %d; choose another with %s or %s"
                .formatted(use.port, use.purpose, MAX, use.option, use.variable));
      }
      var other = seen.put(use.port, use);
      if (other != null) {
        throw new LaunchException(
            "port %d is wanted by %s and by %s; choose another with %s or %s"
                .formatted(use.port, other.purpose, use.purpose, use.option, use.variable));
      }
    }
  }

  /** The API's port and those that were asked for; the rest follows from the API's. */
  public static Ports of(
      int api, Optional<Integer> keycloak, Optional<Integer> database, Optional<Integer> admin) {
    return new Ports(
        api,
        keycloak.orElse(api + KEYCLOAK_OFFSET),
        database.orElse(api + DATABASE_OFFSET),
        admin.orElse(api + ADMIN_OFFSET));
  }

  public Use apiUse() {
    return uses(api, keycloak, database, admin).get(0);
  }

  public Use keycloakUse() {
    return uses(api, keycloak, database, admin).get(1);
  }

  public Use databaseUse() {
    return uses(api, keycloak, database, admin).get(2);
  }

  public Use adminUse() {
    return uses(api, keycloak, database, admin).get(3);
  }

  /** As kept in the state file. */
  public Map<String, Integer> asMap() {
    return Map.of("api", api, "keycloak", keycloak, "database", database, "admin", admin);
  }

  private static List<Use> uses(int api, int keycloak, int database, int admin) {
    return List.of(
        new Use(api, "the API and the console", "--port", "MILLRACE_PORT"),
        new Use(keycloak, "Keycloak", "--keycloak-port", "MILLRACE_KEYCLOAK_PORT"),
        new Use(database, "PostgreSQL", "--database-port", "MILLRACE_DATABASE_PORT"),
        new Use(admin, "Payara's administration", "--admin-port", "MILLRACE_ADMIN_PORT"));
  }
}

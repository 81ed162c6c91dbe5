package org.millrace.launcher;

import java.util.Map;
import java.util.Optional;
import org.millrace.launcher.console.LaunchException;
import org.millrace.launcher.database.DatabaseAccess;
import org.millrace.launcher.database.PostgresUrl;
import org.millrace.launcher.identity.IdentityAccess;

/** Servers that are there already, as the environment names them; what is named is not started. */
final class ExternalParts {
  private ExternalParts() {}

  /**
   * The owner's access: the command migrates with it, the application logs in as a role of less
   * power.
   */
  static Optional<DatabaseAccess> database(Map<String, String> environment) {
    return value(environment, "MILLRACE_DB_URL")
        .map(url -> {
          PostgresUrl.parse(url, "MILLRACE_DB_URL");
          return new DatabaseAccess(
              url,
              required(environment, "MILLRACE_DB_OWNER_USER", "MILLRACE_DB_URL"),
              required(environment, "MILLRACE_DB_OWNER_PASSWORD", "MILLRACE_DB_URL"));
        });
  }

  static Optional<IdentityAccess> identity(Map<String, String> environment) {
    return value(environment, "MILLRACE_OIDC_ISSUER")
        .map(issuer ->
            new IdentityAccess(
                issuer.replaceFirst("/+$", ""),
                required(environment, "MILLRACE_OIDC_CLIENT_ID", "MILLRACE_OIDC_ISSUER"),
                required(environment, "MILLRACE_OIDC_CLIENT_SECRET", "MILLRACE_OIDC_ISSUER")));
  }

  private static Optional<String> value(Map<String, String> environment, String name) {
    return Optional.ofNullable(environment.get(name)).filter(v -> !v.isBlank());
  }

  private static String required(Map<String, String> environment, String name, String because) {
    return value(environment, name)
        .orElseThrow(
            () -> new LaunchException("%s is set, so %s must be set too".formatted(because, name)));
  }
}

package org.millrace.launcher.platform;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.millrace.launcher.console.LaunchException;
import org.millrace.launcher.database.DatabaseAccess;
import org.millrace.launcher.identity.IdentityAccess;
import org.millrace.launcher.runtime.Runtimes;
import org.millrace.launcher.settings.Layout;
import org.millrace.launcher.settings.Ports;

/**
 * What is to be started.
 *
 * @param bindAddress what HTTP listens on; PostgreSQL and Payara's administration keep to the
 *     loopback address
 * @param host the name people reach this machine by; part of every address that is printed or
 *     redirected to
 * @param models {@code name=path} or a path
 * @param console whether people are to log in: the console, and Keycloak for it
 * @param jvmOptions Payara's, beside the distribution's own
 * @param externalDatabase an owner's access to a server that is not ours to start
 * @param externalIdentity who logs people in, where that is not ours to start
 */
public record PlatformSettings(
    Layout layout,
    Ports ports,
    String bindAddress,
    String host,
    List<String> models,
    boolean console,
    List<String> jvmOptions,
    Duration patience,
    Path ear,
    Runtimes runtimes,
    Optional<DatabaseAccess> externalDatabase,
    Optional<IdentityAccess> externalIdentity) {
  public static final String BIND_ADDRESS = "127.0.0.1";
  public static final String HOST = "localhost";
  public static final Duration PATIENCE = Duration.ofMinutes(10);

  public PlatformSettings {
    models = List.copyOf(models);
    jvmOptions = List.copyOf(jvmOptions);
    if (console && externalDatabase.isPresent() && externalIdentity.isEmpty()) {
      throw new LaunchException(
          "MILLRACE_DB_URL is set, so Keycloak would have no database: name a Keycloak of your own with MILLRACE_OIDC_ISSUER, or start with --no-console");
    }
  }

  public String apiUrl() {
    return "http://%s:%d".formatted(host, ports.api());
  }

  public String consoleUrl() {
    return apiUrl() + "/console";
  }

  public String keycloakUrl() {
    return "http://%s:%d".formatted(host, ports.keycloak());
  }

  boolean startsKeycloak() {
    return console && externalIdentity.isEmpty();
  }

  boolean startsDatabase() {
    return externalDatabase.isEmpty();
  }

  List<Ports.Use> portsToListenOn() {
    var uses = new java.util.ArrayList<Ports.Use>();
    uses.add(ports.apiUse());
    uses.add(ports.adminUse());
    if (startsKeycloak()) {
      uses.add(ports.keycloakUse());
    }
    if (startsDatabase()) {
      uses.add(ports.databaseUse());
    }
    return List.copyOf(uses);
  }
}

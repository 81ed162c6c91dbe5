package org.millrace.launcher.platform;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.Optional;
import org.millrace.launcher.settings.Layout;
import org.millrace.launcher.settings.PrivateFile;

/**
 * What was started, kept in the data folder for {@code status}, {@code down} and the next {@code
 * up}.
 *
 * @param console empty where none was asked for
 * @param keycloak the issuer's server; empty where none was asked for
 * @param database its JDBC address
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record PlatformState(
    String api,
    Optional<String> console,
    Optional<String> keycloak,
    String database,
    boolean ownKeycloak,
    boolean ownDatabase,
    boolean ready) {
  private static final ObjectMapper JSON =
      new ObjectMapper()
          .registerModule(new Jdk8Module())
          .enable(SerializationFeature.INDENT_OUTPUT);

  static PlatformState starting(PlatformSettings settings, String databaseUrl) {
    return new PlatformState(
        settings.apiUrl(),
        settings.console() ? Optional.of(settings.consoleUrl()) : Optional.empty(),
        keycloak(settings),
        databaseUrl,
        settings.startsKeycloak(),
        settings.startsDatabase(),
        false);
  }

  private static Optional<String> keycloak(PlatformSettings settings) {
    if (!settings.console()) {
      return Optional.empty();
    }
    return settings
        .externalIdentity()
        .map(identity -> identity.issuer())
        .or(() -> Optional.of(settings.keycloakUrl()));
  }

  PlatformState nowReady() {
    return new PlatformState(api, console, keycloak, database, ownKeycloak, ownDatabase, true);
  }

  void save(Layout layout) throws IOException {
    PrivateFile.write(layout.state(), JSON.writeValueAsString(this) + "\n");
  }

  public static Optional<PlatformState> load(Layout layout) {
    try {
      return Files.exists(layout.state())
          ? Optional.of(JSON.readValue(layout.state().toFile(), PlatformState.class))
          : Optional.empty();
    } catch (IOException unreadable) {
      throw new UncheckedIOException("cannot read " + layout.state(), unreadable);
    }
  }

  static void delete(Layout layout) throws IOException {
    Files.deleteIfExists(layout.state());
  }
}

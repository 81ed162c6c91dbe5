package org.millrace.it.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.it.platform.Platform;

/**
 * A second {@code up} that is told to use this platform's PostgreSQL and Keycloak as servers that
 * are there already, wrongly: it says what is wrong, leaves nothing running, and harms nobody.
 */
class ExternalServersTest {
  private static final Platform PLATFORM = Platform.shared();

  @TempDir private Path folder;

  @Test
  void aDatabaseWithKeysOfAnotherFolderIsRefusedAndStaysAsItWas() throws Exception {
    var refusal = refused(database(PLATFORM.secret("database-owner-password")), "--no-console");
    assertTrue(refusal.contains("keys that were made with another data folder"), refusal);
    assertApplicationCanStillLogIn();
  }

  @Test
  void aWrongPasswordIsToldInOneLine() throws Exception {
    var refusal = refused(database("guessed"), "--no-console");
    assertTrue(refusal.contains("password authentication failed"), refusal);
    assertTrue(!refusal.contains("guessed"), refusal);
  }

  @Test
  void aRealmThatIsNotThereIsToldBeforeAnythingStarts() throws Exception {
    var refusal =
        refused(
            Map.of(
                "MILLRACE_OIDC_ISSUER", PLATFORM.keycloakUrl() + "/realms/none",
                "MILLRACE_OIDC_CLIENT_ID", "millrace-console",
                "MILLRACE_OIDC_CLIENT_SECRET", "guessed"));
    assertTrue(refusal.contains("there is no realm"), refusal);
  }

  @Test
  void aWrongClientSecretIsToldByARealKeycloak() throws Exception {
    var refusal = refused(realm("guessed"));
    assertTrue(refusal.contains("does not know the client 'millrace-console'"), refusal);
  }

  @Test
  void anAddressThatKeycloakDoesNotReturnToIsToldByARealKeycloak() throws Exception {
    var refusal = refused(realm(PLATFORM.secret("oidc-client-secret")));
    assertTrue(refusal.contains("to its valid redirect URIs"), refusal);
  }

  private static Map<String, String> database(String password) {
    return Map.of(
        "MILLRACE_DB_URL",
        PLATFORM.databaseUrl(),
        "MILLRACE_DB_OWNER_USER",
        "millrace_owner",
        "MILLRACE_DB_OWNER_PASSWORD",
        password);
  }

  private static Map<String, String> realm(String secret) {
    return Map.of(
        "MILLRACE_OIDC_ISSUER",
        PLATFORM.keycloakUrl() + "/realms/millrace",
        "MILLRACE_OIDC_CLIENT_ID",
        "millrace-console",
        "MILLRACE_OIDC_CLIENT_SECRET",
        secret);
  }

  private static void assertApplicationCanStillLogIn() throws SQLException {
    var password = PLATFORM.secret("database-application-password");
    try (var connection =
        DriverManager.getConnection(PLATFORM.databaseUrl(), "millrace_app", password)) {
      assertTrue(connection.isValid(5));
    }
  }

  /** What a start in a folder of its own says that must fail. */
  private String refused(Map<String, String> environment, String... options)
      throws IOException, InterruptedException {
    var command =
        new java.util.ArrayList<>(List.of(PLATFORM.root().resolve("millrace").toString()));
    command.addAll(List.of("up", "--detach", "--port", "28480", "--data", folder.toString()));
    command.addAll(List.of(options));
    var builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().putAll(environment);
    var process = builder.start();
    var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(1, process.waitFor(), output);
    assertTrue(Files.notExists(folder.resolve("platform.json")), "the failed start left its state");
    return output;
  }
}

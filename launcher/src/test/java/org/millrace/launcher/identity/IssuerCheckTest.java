package org.millrace.launcher.identity;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.millrace.launcher.console.LaunchException;

/** Against a small server that answers as Keycloak does. */
@SuppressWarnings("NullAway.Init") // set before each test
class IssuerCheckTest {
  private static final String REDIRECT = "http://localhost:8080/console/callback";

  private HttpServer server;
  private String url;
  private String calledIssuer;

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    url = "http://localhost:" + server.getAddress().getPort();
    calledIssuer = url + "/realms/millrace";
    server.createContext("/", exchange -> answer(exchange, 404, "{}"));
    server.createContext(
        "/realms/millrace/.well-known/openid-configuration",
        exchange ->
            answer(
                exchange,
                200,
                """
                {"issuer":"%s","token_endpoint":"%s/token","authorization_endpoint":"%s/auth"}
                """
                    .formatted(calledIssuer, url, url)));
    server.createContext("/token", this::token);
    server.createContext("/auth", this::auth);
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  /** Keycloak looks at the client before it looks at the code. */
  private void token(HttpExchange exchange) throws IOException {
    var form = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    boolean known = form.contains("client_id=console") && form.contains("client_secret=right");
    answer(exchange, known ? 400 : 401, "{}");
  }

  private void auth(HttpExchange exchange) throws IOException {
    var query = exchange.getRequestURI().getRawQuery();
    answer(exchange, query.contains("localhost%3A8080") ? 200 : 400, "<html>");
  }

  private static void answer(HttpExchange exchange, int status, String body) throws IOException {
    var bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  private static String refusal(IdentityAccess access, String redirect) {
    return assertThrows(LaunchException.class, () -> new IssuerCheck(access).require(redirect))
        .getMessage();
  }

  private IdentityAccess access(String realm, String secret) {
    return new IdentityAccess(url + "/realms/" + realm, "console", secret);
  }

  @Test
  void aRealmThatKnowsTheConsoleIsFine() {
    assertDoesNotThrow(() -> new IssuerCheck(access("millrace", "right")).require(REDIRECT));
  }

  @Test
  void aRealmThatIsNotThereIsNamedWithWhatToDo() {
    var refusal = refusal(access("other", "right"), REDIRECT);
    assertTrue(refusal.startsWith("there is no realm at " + url + "/realms/other"), refusal);
    assertTrue(refusal.contains("millrace realm"), refusal);
  }

  @Test
  void aWrongSecretIsToldFromAWrongCode() {
    var refusal = refusal(access("millrace", "wrong"), REDIRECT);
    assertTrue(refusal.contains("MILLRACE_OIDC_CLIENT_SECRET"), refusal);
    assertTrue(!refusal.contains("wrong"), refusal);
  }

  @Test
  void anAddressThatALoginMayNotReturnToIsNamed() {
    var refusal = refusal(access("millrace", "right"), "https://elsewhere/console/callback");
    assertTrue(refusal.contains("https://elsewhere/console/callback"), refusal);
    assertTrue(refusal.contains("redirect URIs"), refusal);
  }

  @Test
  void anIssuerThatCallsItselfOtherwiseIsRefused() {
    calledIssuer = "https://login.example.com/realms/millrace";
    var refusal = refusal(access("millrace", "right"), REDIRECT);
    assertTrue(refusal.contains("'https://login.example.com/realms/millrace'"), refusal);
  }

  @Test
  void aServerThatIsDownIsAnErrorInOneLine() {
    server.stop(0);
    var refusal = refusal(access("millrace", "right"), REDIRECT);
    assertTrue(refusal.startsWith("cannot reach " + url), refusal);
    assertEquals(1, refusal.lines().count());
  }

  @Test
  void whatIsNoAddressIsRefusedAsSuch() {
    var refusal = refusal(new IdentityAccess("login.example.com", "console", "s"), REDIRECT);
    assertTrue(refusal.contains("it takes the address of a realm"), refusal);
  }
}

package org.millrace.launcher.identity;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.millrace.launcher.console.LaunchException;

/**
 * Keeps the console's entry in a realm that is there already in step with this start: the realm is
 * imported once, but the port may be another today.
 */
public final class ConsoleClient {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration TIMEOUT = Duration.ofSeconds(20);
  private static final String LOGOUT = "post.logout.redirect.uris";

  private final HttpClient http = HttpClient.newHttpClient();
  private final String keycloak;

  public ConsoleClient(String keycloak) {
    this.keycloak = keycloak;
  }

  /**
   * @return whether something had to be changed
   */
  public boolean align(String adminPassword, String secret, String redirect)
      throws IOException, InterruptedException {
    var token = token(adminPassword);
    var clients = keycloak + "/admin/realms/" + RealmTemplate.REALM + "/clients";
    var found =
        JSON.readTree(
            send(request(clients + "?clientId=" + RealmTemplate.CONSOLE_CLIENT, token).GET()));
    if (!(found.path(0) instanceof ObjectNode client)) {
      throw new LaunchException(
          "the realm %s has no client %s: Keycloak's data is not this platform's"
              .formatted(RealmTemplate.REALM, RealmTemplate.CONSOLE_CLIENT));
    }
    if (isAligned(client, secret, redirect)) {
      return false;
    }
    client.put("secret", secret);
    client.putArray("redirectUris").add(redirect);
    client.withObject("/attributes").put(LOGOUT, redirect);
    send(
        request(clients + "/" + client.path("id").asText(), token)
            .header("Content-Type", "application/json")
            .PUT(HttpRequest.BodyPublishers.ofString(client.toString())));
    return true;
  }

  private static boolean isAligned(JsonNode client, String secret, String redirect) {
    return client.path("secret").asText().equals(secret)
        && client.path("redirectUris").size() == 1
        && client.path("redirectUris").path(0).asText().equals(redirect)
        && client.path("attributes").path(LOGOUT).asText().equals(redirect);
  }

  private String token(String adminPassword) throws IOException, InterruptedException {
    var form =
        "grant_type=password&client_id=admin-cli&username=%s&password=%s"
            .formatted(Keycloak.ADMIN, URLEncoder.encode(adminPassword, StandardCharsets.UTF_8));
    var answer =
        send(
            HttpRequest.newBuilder(
                    URI.create(keycloak + "/realms/master/protocol/openid-connect/token"))
                .timeout(TIMEOUT)
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString(form)));
    return JSON.readTree(answer).path("access_token").asText();
  }

  private static HttpRequest.Builder request(String url, String token) {
    return HttpRequest.newBuilder(URI.create(url))
        .timeout(TIMEOUT)
        .header("Authorization", "Bearer " + token);
  }

  private String send(HttpRequest.Builder builder) throws IOException, InterruptedException {
    var request = builder.build();
    var response = http.send(request, HttpResponse.BodyHandlers.ofString());
    if (response.statusCode() >= 300) {
      throw new LaunchException(
          "Keycloak answered %s %s with %d"
              .formatted(request.method(), request.uri().getPath(), response.statusCode()));
    }
    return response.body();
  }
}

package org.millrace.launcher.identity;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.millrace.launcher.console.LaunchException;

/**
 * Looks at an identity provider that is not ours before anything is started that needs it: whether
 * the realm is there, knows the console's client and its secret, and lets it come back.
 */
public final class IssuerCheck {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  private final HttpClient http =
      HttpClient.newBuilder()
          .connectTimeout(TIMEOUT)
          .followRedirects(HttpClient.Redirect.NEVER)
          .build();
  private final IdentityAccess access;

  public IssuerCheck(IdentityAccess access) {
    this.access = access;
  }

  /**
   * @param redirect where a login is to return to
   * @throws LaunchException saying what is wrong and what to do
   */
  public void require(String redirect) throws InterruptedException {
    var realm = realm();
    requireClient(realm.path("token_endpoint").asText(), redirect);
    requireRedirect(realm.path("authorization_endpoint").asText(), redirect);
  }

  private JsonNode realm() throws InterruptedException {
    var address = access.issuer() + "/.well-known/openid-configuration";
    var answer = send(request(address).GET());
    if (answer.statusCode() == 404) {
      throw new LaunchException(
          "there is no realm at %s: correct MILLRACE_OIDC_ISSUER, or import the realm that `./millrace realm` prints"
              .formatted(access.issuer()));
    }
    if (answer.statusCode() != 200) {
      throw new LaunchException("%s answered %d".formatted(address, answer.statusCode()));
    }
    var realm = parsed(answer.body(), address);
    var name = realm.path("issuer").asText();
    if (!name.equals(access.issuer())) {
      throw new LaunchException(
          "MILLRACE_OIDC_ISSUER is %s, but its tokens are issued by '%s': set it to that"
              .formatted(access.issuer(), name));
    }
    return realm;
  }

  private static JsonNode parsed(String body, String address) {
    try {
      return JSON.readTree(body);
    } catch (JsonProcessingException noJson) {
      throw new LaunchException("%s is no description of a realm".formatted(address), noJson);
    }
  }

  /** A code that nobody was given: whoever is refused for the code was known by the secret. */
  private void requireClient(String endpoint, String redirect) throws InterruptedException {
    var form = new LinkedHashMap<String, String>();
    form.put("grant_type", "authorization_code");
    form.put("code", "none");
    form.put("redirect_uri", redirect);
    form.put("client_id", access.clientId());
    form.put("client_secret", access.clientSecret());
    var answer =
        send(
            request(endpoint)
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString(encoded(form))));
    if (answer.statusCode() == 401) {
      throw new LaunchException(
          "%s does not know the client '%s' with this secret: correct MILLRACE_OIDC_CLIENT_ID or MILLRACE_OIDC_CLIENT_SECRET"
              .formatted(access.issuer(), access.clientId()));
    }
  }

  private void requireRedirect(String endpoint, String redirect) throws InterruptedException {
    var query = new LinkedHashMap<String, String>();
    query.put("response_type", "code");
    query.put("scope", "openid profile email");
    query.put("client_id", access.clientId());
    query.put("redirect_uri", redirect);
    var answer = send(request(endpoint + "?" + encoded(query)).GET());
    if (answer.statusCode() >= 400) {
      throw new LaunchException(
          "%s does not let the client '%s' return to %s (status %d): add this address to its valid redirect URIs"
              .formatted(access.issuer(), access.clientId(), redirect, answer.statusCode()));
    }
  }

  private static String encoded(Map<String, String> form) {
    return form.entrySet().stream()
        .map(field ->
            field.getKey() + "=" + URLEncoder.encode(field.getValue(), StandardCharsets.UTF_8))
        .collect(Collectors.joining("&"));
  }

  private HttpRequest.Builder request(String url) {
    try {
      return HttpRequest.newBuilder(URI.create(url)).timeout(TIMEOUT);
    } catch (IllegalArgumentException noAddress) {
      throw new LaunchException(
          "MILLRACE_OIDC_ISSUER is '%s'; it takes the address of a realm, such as https://login.example.com/realms/millrace"
              .formatted(access.issuer()));
    }
  }

  private HttpResponse<String> send(HttpRequest.Builder builder) throws InterruptedException {
    var request = builder.build();
    try {
      return http.send(request, HttpResponse.BodyHandlers.ofString());
    } catch (IOException unreachable) {
      throw new LaunchException(
          "cannot reach %s (%s): is it up, and MILLRACE_OIDC_ISSUER right?"
              .formatted(request.uri(), reason(unreachable)),
          unreachable);
    }
  }

  /** Not every failure to connect has words of its own. */
  private static String reason(IOException failure) {
    var message = failure.getMessage();
    return message == null ? failure.getClass().getSimpleName() : message;
  }
}

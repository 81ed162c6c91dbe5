package org.millrace.it.console;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.millrace.it.platform.Platform;

/**
 * A browser without pages: cookies of its own, redirects followed by hand, so that a test can stop
 * in the middle of a login.
 */
final class Visit {
  private static final Pattern LOGIN_FORM =
      Pattern.compile("<form[^>]*id=\"kc-form-login\"[^>]*action=\"([^\"]+)\"");
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  /**
   * By server and name. Not Java's own cookie manager, which keeps Keycloak's secure cookies from a
   * plain localhost, where browsers send them.
   */
  private final Map<String, Map<String, String>> cookies = new HashMap<>();

  private final HttpClient client =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .followRedirects(HttpClient.Redirect.NEVER)
          .build();

  /** A page of the console; {@code path} starts with a slash. */
  HttpResponse<String> get(String path) throws IOException, InterruptedException {
    return get(URI.create(Platform.shared().consoleUrl() + path));
  }

  HttpResponse<String> get(URI address) throws IOException, InterruptedException {
    return send(HttpRequest.newBuilder(address).GET());
  }

  /** Logs in at Keycloak; the address that Keycloak then sends a person to, not yet visited. */
  URI callbackAfterPassword(String path, String person, String password)
      throws IOException, InterruptedException {
    var form = LOGIN_FORM.matcher(get(location(get(path))).body());
    assertTrue(form.find(), "no login form at Keycloak");
    var fields =
        "username="
            + URLEncoder.encode(person, StandardCharsets.UTF_8)
            + "&password="
            + URLEncoder.encode(password, StandardCharsets.UTF_8);
    var answer =
        send(
            HttpRequest.newBuilder(URI.create(form.group(1).replace("&amp;", "&")))
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(BodyPublishers.ofString(fields)));
    return location(answer);
  }

  private static URI location(HttpResponse<String> answer) {
    assertEquals(302, answer.statusCode(), answer.body());
    return URI.create(answer.headers().firstValue("Location").orElseThrow());
  }

  private HttpResponse<String> send(HttpRequest.Builder request)
      throws IOException, InterruptedException {
    var server =
        cookies.computeIfAbsent(request.build().uri().getAuthority(), _ -> new HashMap<>());
    if (!server.isEmpty()) {
      request.setHeader(
          "Cookie",
          server.entrySet().stream()
              .map(cookie -> cookie.getKey() + "=" + cookie.getValue())
              .collect(Collectors.joining("; ")));
    }
    var answer = client.send(request.timeout(PATIENCE).build(), BodyHandlers.ofString());
    for (String header : answer.headers().allValues("Set-Cookie")) {
      var cookie = header.split(";", 2)[0].split("=", 2);
      server.put(cookie[0], cookie[1]);
    }
    return answer;
  }
}

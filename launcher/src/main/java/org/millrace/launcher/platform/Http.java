package org.millrace.launcher.platform;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * Short questions to the parts: is it there, where does it send me. Follows no redirect by itself.
 */
final class Http {
  private static final Duration TIMEOUT = Duration.ofSeconds(5);
  private static final int REDIRECTS_MAX = 5;

  private final HttpClient client =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(TIMEOUT)
          .followRedirects(HttpClient.Redirect.NEVER)
          .build();

  /** The answer, where there was one. */
  Optional<HttpResponse<String>> get(String url, Map<String, String> headers)
      throws InterruptedException {
    var request = HttpRequest.newBuilder(URI.create(url)).timeout(TIMEOUT);
    headers.forEach(request::header);
    try {
      return Optional.of(client.send(request.build(), HttpResponse.BodyHandlers.ofString()));
    } catch (IOException notYet) {
      return Optional.empty();
    }
  }

  boolean answers(String url) throws InterruptedException {
    return get(url, Map.of()).map(HttpResponse::statusCode).filter(s -> s == 200).isPresent();
  }

  /** Whether the address leads, in a few redirects, to one that begins with the other. */
  boolean leadsTo(String url, String prefix) throws InterruptedException {
    var at = URI.create(url);
    for (int step = 0; step < REDIRECTS_MAX; step++) {
      var location =
          get(at.toString(), Map.of())
              .flatMap(response -> response.headers().firstValue("location"));
      if (location.isEmpty()) {
        return false;
      }
      at = at.resolve(location.get());
      if (at.toString().startsWith(prefix)) {
        return true;
      }
    }
    return false;
  }
}

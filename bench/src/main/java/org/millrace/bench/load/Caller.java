package org.millrace.bench.load;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Iterator;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/** One client: asks, reads the stream to its end, and takes the times. */
final class Caller {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  private final HttpClient http;
  private final Target target;
  private final Load load;
  private final SplittableRandom random;

  Caller(HttpClient http, Target target, Load load, long seed) {
    this.http = http;
    this.target = target;
    this.load = load;
    this.random = new SplittableRandom(seed);
  }

  /** Sends one request and reads its answer. */
  Answer ask() throws IOException, InterruptedException {
    long start = System.nanoTime();
    HttpResponse<Stream<String>> response =
        http.send(request(), HttpResponse.BodyHandlers.ofLines());
    try (Stream<String> lines = response.body()) {
      if (response.statusCode() != 200) {
        throw new IOException(
            "%s answered %d: %s"
                .formatted(target.name(), response.statusCode(), lines.limit(5).toList()));
      }
      return read(lines.iterator(), start);
    }
  }

  private HttpRequest request() throws IOException {
    var body = JSON.createObjectNode();
    body.put("model", target.model())
        .put("prompt", prompt())
        .put("max_tokens", load.genTokens())
        .put("temperature", 0)
        .put("stream", true);
    body.putObject("stream_options").put("include_usage", true);
    var request =
        HttpRequest.newBuilder(URI.create(target.base() + "/completions"))
            .timeout(PATIENCE)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofByteArray(JSON.writeValueAsBytes(body)));
    if (!target.key().isEmpty()) {
      request.header("Authorization", "Bearer " + target.key());
    }
    return request.build();
  }

  /** Words drawn anew for each request, so that no cache of prompts helps. */
  private String prompt() {
    var text = new StringBuilder();
    for (int i = 0; i < load.promptWords(); i++) {
      text.append(load.words().get(random.nextInt(load.words().size()))).append(' ');
    }
    return text.toString();
  }

  private Answer read(Iterator<String> lines, long start) throws IOException {
    long first = 0;
    long last = start;
    var gaps = LongStream.builder();
    JsonNode usage = JSON.missingNode();
    while (lines.hasNext()) {
      String line = lines.next();
      if (!line.startsWith("data: {")) {
        continue;
      }
      JsonNode event = JSON.readTree(line.substring("data: ".length()));
      usage = event.path("usage").isObject() ? event.path("usage") : usage;
      if (!event.path("choices").path(0).path("text").asText().isEmpty()) {
        long now = System.nanoTime();
        if (first == 0) {
          first = now - start;
        } else {
          gaps.add(now - last);
        }
        last = now;
      }
    }
    return new Answer(
        first,
        gaps.build().toArray(),
        usage.path("prompt_tokens").asLong(),
        usage.path("completion_tokens").asLong());
  }
}

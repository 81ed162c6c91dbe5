package org.millrace.launcher.platform;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Map;
import java.util.Optional;
import org.millrace.launcher.settings.Layout;

/** A first request, ready to paste. */
final class DemoRequest {
  private static final String DEMO_MODEL = "millrace-demo";

  private DemoRequest() {}

  static String curl(Layout layout, PlatformState state) {
    return "curl -N %s/v1/chat/completions -H \"Authorization: Bearer $(cat %s)\" -H 'Content-Type: application/json' -d '{\"model\":\"%s\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"What is Millrace?\"}]}'"
        .formatted(
            state.api(),
            quoted(layout.demoApiKey().toString()),
            firstModel(layout, state).orElse(DEMO_MODEL));
  }

  /** As a shell wants it inside of {@code "$(...)"}. */
  private static String quoted(String path) {
    return "'" + path.replace("'", "'\\''") + "'";
  }

  private static Optional<String> firstModel(Layout layout, PlatformState state) {
    try {
      if (!Files.exists(layout.demoApiKey())) {
        return Optional.empty();
      }
      var key = Files.readString(layout.demoApiKey()).strip();
      return new Http()
          .get(state.api() + "/v1/models", Map.of("Authorization", "Bearer " + key))
          .filter(response -> response.statusCode() == 200)
          .flatMap(response -> firstId(response.body()));
    } catch (IOException unreadable) {
      return Optional.empty();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    }
  }

  private static Optional<String> firstId(String models) {
    try {
      return Optional.of(new ObjectMapper().readTree(models).at("/data/0/id").asText())
          .filter(id -> !id.isEmpty());
    } catch (JsonProcessingException notJson) {
      return Optional.empty();
    }
  }
}

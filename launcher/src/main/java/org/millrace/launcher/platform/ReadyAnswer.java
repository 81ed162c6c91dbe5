package org.millrace.launcher.platform;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.StreamSupport;

/**
 * What {@code /health/ready} says.
 *
 * @param reasons why not, in the application's words
 */
record ReadyAnswer(boolean ready, List<String> reasons) {
  private static final ObjectMapper JSON = new ObjectMapper();

  static ReadyAnswer of(int status, String body) {
    var reasons = new ArrayList<String>();
    try {
      var checks = JSON.readTree(body).path("checks");
      StreamSupport.stream(checks.spliterator(), false)
          .map(check -> check.path("data").path("reason").asText())
          .filter(reason -> !reason.isEmpty())
          .forEach(reasons::add);
    } catch (JsonProcessingException notHealth) {
      // An error page: the server is not there yet.
    }
    return new ReadyAnswer(status == 200, List.copyOf(reasons));
  }

  String text() {
    return String.join("; ", reasons);
  }

  /** Whether waiting cannot help: a model that cannot be loaded, a setting that cannot be used. */
  boolean isFinal() {
    return reasons.stream()
        .anyMatch(reason ->
            reason.matches("(?s)model \\S+: .*")
                || reason.startsWith("the start failed")
                || reason.startsWith("millrace."));
  }
}

package org.millrace.serving.simulation;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.millrace.serving.api.CompletionEvent;
import org.millrace.serving.api.CompletionRequest;
import org.millrace.serving.api.CompletionStream;
import org.millrace.serving.config.ServingConfig;
import org.millrace.tenancy.api.Caller;
import org.millrace.tenancy.api.Limits;

/** Callers, requests and configurations to test with. */
public final class Requests {
  public static final String MODEL = "scripted-1";
  private static long ids;

  private Requests() {}

  public static Caller caller(int tenant, Limits limits) {
    return new Caller(
        new UUID(7, tenant), "tenant-" + tenant, new UUID(8, tenant), new UUID(9, tenant), limits);
  }

  public static Caller caller() {
    return caller(1, Limits.defaults());
  }

  public static CompletionRequest.Sampling sampling(@Nullable Long seed) {
    return new CompletionRequest.Sampling(
        null, null, null, null, null, null, null, seed, Map.of(), false, 0);
  }

  public static CompletionRequest text(String prompt, @Nullable Integer maxTokens) {
    return new CompletionRequest(
        "req-" + ++ids,
        MODEL,
        List.of(new CompletionRequest.Text(prompt)),
        1,
        maxTokens,
        List.of(),
        sampling(1L));
  }

  public static CompletionRequest with(
      CompletionRequest request, int choices, List<String> stop, @Nullable Long seed) {
    return new CompletionRequest(
        request.requestId(),
        request.model(),
        request.prompts(),
        choices,
        request.maxTokens(),
        stop,
        sampling(seed));
  }

  public static CompletionRequest with(
      CompletionRequest request, int choices, CompletionRequest.Form form) {
    return new CompletionRequest(
        request.requestId(),
        request.model(),
        request.prompts(),
        choices,
        request.maxTokens(),
        request.stop(),
        request.sampling(),
        new CompletionRequest.Format("response_format", form));
  }

  /** The configuration with these values set and the defaults for the rest. */
  public static ServingConfig config(Map<String, String> values) {
    return ServingConfig.read(key -> Optional.ofNullable(values.get(key)));
  }

  /** Everything the stream has right now. */
  public static List<CompletionEvent> drain(CompletionStream stream) {
    var events = new ArrayList<CompletionEvent>();
    try {
      for (var event = stream.next(Duration.ZERO);
          event != null;
          event = stream.next(Duration.ZERO)) {
        events.add(event);
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    return events;
  }

  /** The text of a choice. */
  public static String textOf(List<CompletionEvent> events, int choice) {
    var text = new StringBuilder();
    for (CompletionEvent event : events) {
      if (event instanceof CompletionEvent.Delta delta && delta.choice() == choice) {
        text.append(delta.text());
      }
    }
    return text.toString();
  }

  /** Why a choice ended. */
  public static CompletionEvent.FinishReason reasonOf(List<CompletionEvent> events, int choice) {
    return events.stream()
        .filter(CompletionEvent.ChoiceFinished.class::isInstance)
        .map(CompletionEvent.ChoiceFinished.class::cast)
        .filter(finished -> finished.choice() == choice)
        .findFirst()
        .orElseThrow()
        .reason();
  }

  /** The tokens of all choices that were handed out. */
  public static int deliveredTokens(List<CompletionEvent> events) {
    return events.stream()
        .filter(CompletionEvent.Delta.class::isInstance)
        .mapToInt(event -> ((CompletionEvent.Delta) event).tokens())
        .sum();
  }
}

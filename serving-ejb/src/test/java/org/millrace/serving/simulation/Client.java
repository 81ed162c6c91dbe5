package org.millrace.serving.simulation;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.millrace.serving.api.CompletionEvent;
import org.millrace.serving.api.CompletionRequest;
import org.millrace.serving.api.CompletionStream;

/** A simulated reader: takes events at its own pace and remembers what reached it. */
final class Client {
  private final CompletionRequest request;
  private final CompletionStream stream;
  private final List<CompletionEvent> events = new ArrayList<>();
  private boolean cancelled;

  Client(CompletionRequest request, CompletionStream stream) {
    this.request = request;
    this.stream = stream;
  }

  CompletionRequest request() {
    return request;
  }

  /** The seed of the request's first choice, unique in a run of the simulator. */
  long seed() {
    Long seed = request.sampling().seed();
    return seed == null ? 0 : seed;
  }

  void read(int most) {
    try {
      for (int i = 0; i < most; i++) {
        CompletionEvent event = stream.next(Duration.ZERO);
        if (event == null) {
          return;
        }
        events.add(event);
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  void cancel() {
    cancelled = true;
    stream.cancel();
  }

  boolean isCancelled() {
    return cancelled;
  }

  boolean isDone() {
    return !events.isEmpty() && TestNode.isLast(events.getLast());
  }

  List<CompletionEvent> events() {
    return events;
  }

  int deliveredTokens() {
    int tokens = 0;
    for (CompletionEvent event : events) {
      if (event instanceof CompletionEvent.Delta delta) {
        tokens += delta.tokens();
      }
    }
    return tokens;
  }
}

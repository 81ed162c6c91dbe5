package org.millrace.webapi;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.millrace.serving.api.CompletionEvent;
import org.millrace.serving.api.CompletionEvent.ChoiceFinished;
import org.millrace.serving.api.CompletionEvent.Completed;
import org.millrace.serving.api.CompletionEvent.Delta;
import org.millrace.serving.api.CompletionEvent.FinishReason;
import org.millrace.serving.api.CompletionEvent.RequestUsage;
import org.millrace.serving.api.CompletionStream;

/**
 * Gives the events of a script; {@link #SILENCE} is a wait without an event. After the script it is
 * silent.
 */
public final class ScriptedStream implements CompletionStream {
  public static final CompletionEvent SILENCE = new Delta(-1, "", 0, List.of());

  private final String requestId;
  private final Deque<CompletionEvent> script;
  public int cancels;
  public int closes;

  public ScriptedStream(String requestId, CompletionEvent... script) {
    this.requestId = requestId;
    this.script = new ArrayDeque<>(List.of(script));
  }

  /** "Hello world" in two deltas, and its end. */
  public static CompletionEvent[] hello() {
    return new CompletionEvent[] {
      delta(0, "Hello"),
      delta(0, " world"),
      new ChoiceFinished(0, FinishReason.STOP),
      new Completed(usage(7, 3, 2))
    };
  }

  public static Delta delta(int choice, String text) {
    return new Delta(choice, text, 1, List.of());
  }

  public static RequestUsage usage(int prompt, int cached, int completion) {
    return new RequestUsage(prompt, cached, completion, "0.00001", "USD");
  }

  @Override
  public String requestId() {
    return requestId;
  }

  @Override
  public int promptTokens() {
    return 7;
  }

  @Override
  public @Nullable CompletionEvent next(Duration timeout) {
    var event = script.poll();
    return event == SILENCE ? null : event;
  }

  @Override
  public void cancel() {
    cancels++;
  }

  @Override
  public void close() {
    closes++;
  }
}

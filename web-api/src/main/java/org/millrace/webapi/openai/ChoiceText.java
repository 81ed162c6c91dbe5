package org.millrace.webapi.openai;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.millrace.serving.api.CompletionEvent.Delta;
import org.millrace.serving.api.CompletionEvent.FinishReason;
import org.millrace.serving.api.CompletionEvent.TokenScore;

/** One choice of a whole answer while it grows. */
public final class ChoiceText {
  private final StringBuilder text = new StringBuilder();
  private final List<TokenScore> scores = new ArrayList<>();
  private @Nullable FinishReason reason;

  public void add(Delta delta) {
    text.append(delta.text());
    scores.addAll(delta.scores());
  }

  public void finish(FinishReason why) {
    reason = why;
  }

  public boolean isCancelled() {
    return reason == FinishReason.CANCELLED;
  }

  String text() {
    return text.toString();
  }

  List<TokenScore> scores() {
    return scores;
  }

  FinishReason reason() {
    return reason == null ? FinishReason.STOP : reason;
  }
}

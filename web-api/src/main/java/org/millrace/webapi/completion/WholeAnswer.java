package org.millrace.webapi.completion;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.millrace.serving.api.CompletionEvent.ChoiceFinished;
import org.millrace.serving.api.CompletionEvent.Completed;
import org.millrace.serving.api.CompletionEvent.Delta;
import org.millrace.serving.api.CompletionEvent.Failed;
import org.millrace.serving.api.CompletionStream;
import org.millrace.webapi.error.Refusals;
import org.millrace.webapi.http.Reply;
import org.millrace.webapi.openai.ChoiceText;
import org.millrace.webapi.openai.Shape;

/** An answer as a whole: waits for the end of the stream. */
final class WholeAnswer {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private WholeAnswer() {}

  static Reply.Whole await(CompletionStream stream, Shape shape, int choicesTotal)
      throws InterruptedException {
    var choices = new ArrayList<ChoiceText>(choicesTotal);
    for (var i = 0; i < choicesTotal; i++) {
      choices.add(new ChoiceText());
    }
    while (true) {
      switch (stream.next(PATIENCE)) {
        case null -> {
          // Serving has a deadline of its own and ends the stream with it.
        }
        case Delta delta -> choices.get(delta.choice()).add(delta);
        case ChoiceFinished finished -> choices.get(finished.choice()).finish(finished.reason());
        case Failed failed -> throw Refusals.toApi(failed.error(), failed.message());
        case Completed completed -> {
          refuseCancelled(choices);
          return Reply.json(shape.whole(choices, completed.usage()));
        }
      }
    }
  }

  private static void refuseCancelled(List<ChoiceText> choices) {
    if (choices.stream().anyMatch(ChoiceText::isCancelled)) {
      throw StreamedAnswer.CANCELLED;
    }
  }
}

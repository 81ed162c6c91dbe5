package org.millrace.webapi.completion;

import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.millrace.serving.api.CompletionEvent.ChoiceFinished;
import org.millrace.serving.api.CompletionEvent.Completed;
import org.millrace.serving.api.CompletionEvent.Delta;
import org.millrace.serving.api.CompletionEvent.Failed;
import org.millrace.serving.api.CompletionStream;
import org.millrace.webapi.error.Refusals;
import org.millrace.webapi.http.Reply;
import org.millrace.webapi.openai.ChoiceText;
import org.millrace.webapi.openai.Shape;

/**
 * An answer as a whole: waits for the end of the stream. Where the client leaves before it, the
 * request is cancelled; what was generated is billed.
 */
final class WholeAnswer {

  /**
   * How the client is looked after.
   *
   * @param gone whether it has left
   * @param pause between two looks
   */
  record Watch(BooleanSupplier gone, Duration pause, InstantSource clock) {}

  private WholeAnswer() {}

  static Reply.Whole await(CompletionStream stream, Shape shape, int choicesTotal, Watch watch)
      throws InterruptedException {
    var choices = new ArrayList<ChoiceText>(choicesTotal);
    for (var i = 0; i < choicesTotal; i++) {
      choices.add(new ChoiceText());
    }
    var nextLook = watch.clock.instant().plus(watch.pause);
    while (true) {
      var event = stream.next(watch.pause);
      if (event == null || !watch.clock.instant().isBefore(nextLook)) {
        nextLook = watch.clock.instant().plus(watch.pause);
        if (watch.gone.getAsBoolean()) {
          stream.cancel();
        }
      }
      switch (event) {
        case null -> {
          // Serving has deadlines of its own and ends the stream with them.
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

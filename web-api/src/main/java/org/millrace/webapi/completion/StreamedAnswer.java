package org.millrace.webapi.completion;

import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.millrace.serving.api.CompletionEvent;
import org.millrace.serving.api.CompletionEvent.ChoiceFinished;
import org.millrace.serving.api.CompletionEvent.Completed;
import org.millrace.serving.api.CompletionEvent.Delta;
import org.millrace.serving.api.CompletionEvent.Failed;
import org.millrace.serving.api.CompletionEvent.FinishReason;
import org.millrace.serving.api.CompletionStream;
import org.millrace.webapi.error.ApiError;
import org.millrace.webapi.error.ApiException;
import org.millrace.webapi.error.Refusals;
import org.millrace.webapi.http.Reply;
import org.millrace.webapi.openai.Shape;

/**
 * An answer in events. A failure after the first event is an event of its own, and then there is no
 * {@code [DONE]}: no client takes half an answer for a whole one.
 */
final class StreamedAnswer implements Reply.EventSource {
  /** Nobody but the server can have cancelled an answer whose client still reads. */
  static final ApiException CANCELLED =
      new ApiException(
          ApiError.REQUEST_CANCELLED,
          "The request was cancelled by the server before it was finished; what was generated is billed.");

  private final CompletionStream stream;
  private final Shape shape;
  private final boolean includeUsage;
  private final Duration heartbeat;
  private @Nullable CompletionEvent first;
  private final Runnable atEnd;

  /**
   * @param first an event that was taken from the stream already
   * @param atEnd runs once, when the stream is closed
   */
  StreamedAnswer(
      CompletionStream stream,
      Shape shape,
      boolean includeUsage,
      Duration heartbeat,
      @Nullable CompletionEvent first,
      Runnable atEnd) {
    this.stream = stream;
    this.shape = shape;
    this.includeUsage = includeUsage;
    this.heartbeat = heartbeat;
    this.first = first;
    this.atEnd = atEnd;
  }

  @Override
  public void writeTo(OutputStream target) throws IOException, InterruptedException {
    var out = new EventWriter(target);
    try {
      for (var chunk : shape.opening()) {
        out.data(chunk);
      }
      while (writeNext(out)) {
        // each event is written as it comes
      }
    } catch (IOException e) {
      stream.cancel();
      throw e;
    }
  }

  @Override
  public void close() {
    try {
      stream.close();
    } finally {
      atEnd.run();
    }
  }

  /**
   * @return whether more may come
   */
  private boolean writeNext(EventWriter out) throws IOException, InterruptedException {
    var event = first == null ? stream.next(heartbeat) : first;
    first = null;
    switch (event) {
      case null -> out.heartbeat();
      case Delta delta -> writeAll(shape.delta(delta), out);
      case ChoiceFinished finished when finished.reason() == FinishReason.CANCELLED -> {
        out.data(CANCELLED.body());
        return false;
      }
      case ChoiceFinished finished ->
          writeAll(shape.finish(finished.choice(), finished.reason()), out);
      case Completed completed -> {
        if (includeUsage) {
          out.data(shape.usage(completed.usage()));
        }
        out.done();
        return false;
      }
      case Failed failed -> {
        out.data(Refusals.toApi(failed.error(), failed.message()).body());
        return false;
      }
    }
    return true;
  }

  private static void writeAll(List<Map<String, @Nullable Object>> chunks, EventWriter out)
      throws IOException {
    for (var chunk : chunks) {
      out.data(chunk);
    }
  }
}

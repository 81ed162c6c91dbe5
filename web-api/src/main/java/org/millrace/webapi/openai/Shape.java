package org.millrace.webapi.openai;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.millrace.serving.api.CompletionEvent.Delta;
import org.millrace.serving.api.CompletionEvent.FinishReason;
import org.millrace.serving.api.CompletionEvent.RequestUsage;

/**
 * How the answer to one request looks on the wire. Made for one request and used by one thread:
 * text offsets run on from chunk to chunk.
 */
public sealed interface Shape permits ChatShape, TextShape {
  /** Chunks that come before the first token. */
  List<Map<String, @Nullable Object>> opening();

  /** The chunk for a piece of text; none where it must first be seen what becomes of it. */
  List<Map<String, @Nullable Object>> delta(Delta delta);

  /** The chunk that ends a choice, and before it what was held back. */
  List<Map<String, @Nullable Object>> finish(int choice, FinishReason reason);

  /** The chunk without choices that ends a stream where it was asked for. */
  Map<String, @Nullable Object> usage(RequestUsage usage);

  /** The answer as a whole. */
  Map<String, @Nullable Object> whole(List<ChoiceText> choices, RequestUsage usage);
}

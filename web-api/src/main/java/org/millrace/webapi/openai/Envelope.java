package org.millrace.webapi.openai;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.millrace.serving.api.CompletionEvent.FinishReason;
import org.millrace.serving.api.CompletionEvent.RequestUsage;
import org.millrace.webapi.json.Tree;

/**
 * What is the same in every chunk of a request.
 *
 * @param id the answer's id, {@code chatcmpl-...} or {@code cmpl-...}
 * @param fingerprint changes when the model behind the name changes
 * @param usageAsked chunks then carry {@code usage}, {@code null} but in the last
 */
public record Envelope(
    String id, Instant created, String model, String fingerprint, boolean usageAsked) {

  Map<String, @Nullable Object> chunk(String object, List<Map<String, @Nullable Object>> choices) {
    var tree = head(object).with("choices", choices);
    return (usageAsked ? tree.with("usage", null) : tree).members();
  }

  Map<String, @Nullable Object> usageChunk(String object, RequestUsage usage) {
    return head(object).with("choices", List.of()).with("usage", usage(usage)).members();
  }

  Map<String, @Nullable Object> whole(
      String object, List<Map<String, @Nullable Object>> choices, RequestUsage usage) {
    return head(object).with("choices", choices).with("usage", usage(usage)).members();
  }

  private Tree head(String object) {
    return Tree.of("id", id)
        .with("object", object)
        .with("created", created.getEpochSecond())
        .with("model", model)
        .with("system_fingerprint", fingerprint);
  }

  private static Map<String, @Nullable Object> usage(RequestUsage usage) {
    return Tree.of("prompt_tokens", usage.promptTokens())
        .with("completion_tokens", usage.completionTokens())
        .with("total_tokens", usage.promptTokens() + usage.completionTokens())
        .with(
            "prompt_tokens_details",
            Tree.of("cached_tokens", usage.cachedTokens()).with("audio_tokens", 0).members())
        .with(
            "completion_tokens_details",
            Tree.of("reasoning_tokens", 0)
                .with("audio_tokens", 0)
                .with("accepted_prediction_tokens", 0)
                .with("rejected_prediction_tokens", 0)
                .members())
        .members();
  }

  /**
   * OpenAI has no word for a choice that was cancelled: it ended before its end, as one cut by
   * length did.
   */
  static String finishReason(FinishReason reason) {
    return switch (reason) {
      case STOP -> "stop";
      case LENGTH, CANCELLED -> "length";
    };
  }
}

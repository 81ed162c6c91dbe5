package org.millrace.webapi.openai;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.millrace.serving.api.CompletionEvent.Delta;
import org.millrace.serving.api.CompletionEvent.FinishReason;
import org.millrace.serving.api.CompletionEvent.RequestUsage;
import org.millrace.serving.api.CompletionEvent.TokenScore;
import org.millrace.webapi.json.Tree;

/** {@code chat.completion} and {@code chat.completion.chunk}. */
public final class ChatShape implements Shape {
  private static final String CHUNK = "chat.completion.chunk";

  private final Envelope envelope;
  private final Ask ask;

  public ChatShape(Envelope envelope, Ask ask) {
    this.envelope = envelope;
    this.ask = ask;
  }

  @Override
  public List<Map<String, @Nullable Object>> opening() {
    var chunks = new ArrayList<Map<String, @Nullable Object>>();
    for (var choice = 0; choice < ask.choicesTotal(); choice++) {
      var delta = Tree.of("role", "assistant").with("content", "").with("refusal", null).members();
      chunks.add(chunk(choice, delta, null, null));
    }
    return chunks;
  }

  @Override
  public Map<String, @Nullable Object> delta(Delta delta) {
    return chunk(
        delta.choice(), Tree.of("content", delta.text()).members(), logprobs(delta.scores()), null);
  }

  @Override
  public Map<String, @Nullable Object> finish(int choice, FinishReason reason) {
    return chunk(choice, Map.of(), null, Envelope.finishReason(reason));
  }

  @Override
  public Map<String, @Nullable Object> usage(RequestUsage usage) {
    return envelope.usageChunk(CHUNK, usage);
  }

  @Override
  public Map<String, @Nullable Object> whole(List<ChoiceText> choices, RequestUsage usage) {
    var trees = new ArrayList<Map<String, @Nullable Object>>();
    for (var choice : choices) {
      var message =
          Tree.of("role", "assistant")
              .with("content", choice.text())
              .with("refusal", null)
              .with("annotations", List.of());
      trees.add(
          Tree.of("index", trees.size())
              .with("message", message.members())
              .with("logprobs", logprobs(choice.scores()))
              .with("finish_reason", Envelope.finishReason(choice.reason()))
              .members());
    }
    return envelope.whole("chat.completion", trees, usage);
  }

  private Map<String, @Nullable Object> chunk(
      int choice,
      Map<String, @Nullable Object> delta,
      @Nullable Object logprobs,
      @Nullable String finishReason) {
    return envelope.chunk(
        CHUNK,
        List.of(
            Tree.of("index", choice)
                .with("delta", delta)
                .with("logprobs", logprobs)
                .with("finish_reason", finishReason)
                .members()));
  }

  private @Nullable Object logprobs(List<TokenScore> scores) {
    return ask.request().sampling().logprobs()
        ? Tree.of("content", scores.stream().map(ChatShape::scoreWithTop).toList())
            .with("refusal", null)
            .members()
        : null;
  }

  private static Map<String, @Nullable Object> scoreWithTop(TokenScore score) {
    return score(score)
        .with("top_logprobs", score.top().stream().map(top -> score(top).members()).toList())
        .members();
  }

  private static Tree score(TokenScore score) {
    var bytes = new ArrayList<@Nullable Object>(score.bytes().length);
    for (var each : score.bytes()) {
      bytes.add(Byte.toUnsignedInt(each));
    }
    return Tree.of("token", score.token())
        .with("logprob", Logprobs.finite(score.logprob()))
        .with("bytes", bytes);
  }
}

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
  private final List<ChatAnswer> answers = new ArrayList<>();

  public ChatShape(Envelope envelope, Ask ask) {
    this.envelope = envelope;
    this.ask = ask;
    for (var choice = 0; choice < ask.choicesTotal(); choice++) {
      answers.add(new ChatAnswer(envelope.id(), choice, ask.tools()));
    }
  }

  @Override
  public List<Map<String, @Nullable Object>> opening() {
    var chunks = new ArrayList<Map<String, @Nullable Object>>();
    for (var choice = 0; choice < ask.choicesTotal(); choice++) {
      var delta =
          Tree.of("role", "assistant")
              .with("content", ask.tools().isForced() ? null : "")
              .with("refusal", null)
              .members();
      chunks.add(chunk(choice, delta, null, null));
    }
    return chunks;
  }

  @Override
  public List<Map<String, @Nullable Object>> delta(Delta delta) {
    var answer = answers.get(delta.choice());
    answer.note(delta.scores());
    return chunks(delta.choice(), answer.add(delta.text()));
  }

  @Override
  public List<Map<String, @Nullable Object>> finish(int choice, FinishReason reason) {
    var answer = answers.get(choice);
    var chunks = new ArrayList<>(chunks(choice, answer.end()));
    var late = answer.takeScores();
    var logprobs = late.isEmpty() ? null : logprobs(late);
    chunks.add(chunk(choice, Map.of(), logprobs, answer.finish(reason)));
    return chunks;
  }

  /** None where nothing can be said yet: its scores then wait, too. */
  private List<Map<String, @Nullable Object>> chunks(
      int choice, Map<String, @Nullable Object> delta) {
    return delta.isEmpty()
        ? List.of()
        : List.of(chunk(choice, delta, logprobs(answers.get(choice).takeScores()), null));
  }

  @Override
  public Map<String, @Nullable Object> usage(RequestUsage usage) {
    return envelope.usageChunk(CHUNK, usage);
  }

  @Override
  public Map<String, @Nullable Object> whole(List<ChoiceText> choices, RequestUsage usage) {
    var trees = new ArrayList<Map<String, @Nullable Object>>();
    for (var choice : choices) {
      var answer = answers.get(trees.size());
      trees.add(
          Tree.of("index", trees.size())
              .with("message", answer.message(choice.text()))
              .with("logprobs", logprobs(choice.scores()))
              .with("finish_reason", answer.finish(choice.reason()))
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

package org.millrace.webapi.openai;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.millrace.serving.api.CompletionEvent.Delta;
import org.millrace.serving.api.CompletionEvent.FinishReason;
import org.millrace.serving.api.CompletionEvent.RequestUsage;
import org.millrace.serving.api.CompletionEvent.TokenScore;
import org.millrace.webapi.json.Tree;

/** {@code text_completion}: the same object whole and in chunks. */
public final class TextShape implements Shape {
  private static final String OBJECT = "text_completion";

  private final Envelope envelope;
  private final Ask ask;
  private final int[] offsets;

  public TextShape(Envelope envelope, Ask ask) {
    this.envelope = envelope;
    this.ask = ask;
    this.offsets = new int[ask.choicesTotal()];
  }

  @Override
  public List<Map<String, @Nullable Object>> opening() {
    var chunks = new ArrayList<Map<String, @Nullable Object>>();
    for (var choice = 0; choice < ask.choicesTotal(); choice++) {
      if (!ask.echo(choice).isEmpty()) {
        chunks.add(chunk(choice, ask.echo(choice), null, null));
      }
    }
    return chunks;
  }

  @Override
  public List<Map<String, @Nullable Object>> delta(Delta delta) {
    var scores = logprobs(delta.choice(), delta.scores());
    return List.of(chunk(delta.choice(), delta.text(), scores, null));
  }

  @Override
  public List<Map<String, @Nullable Object>> finish(int choice, FinishReason reason) {
    return List.of(chunk(choice, "", null, Envelope.finishReason(reason)));
  }

  @Override
  public Map<String, @Nullable Object> usage(RequestUsage usage) {
    return envelope.usageChunk(OBJECT, usage);
  }

  @Override
  public Map<String, @Nullable Object> whole(List<ChoiceText> choices, RequestUsage usage) {
    var trees = new ArrayList<Map<String, @Nullable Object>>();
    for (var choice : choices) {
      var index = trees.size();
      trees.add(
          choice(
              index,
              ask.echo(index) + choice.text(),
              logprobs(index, choice.scores()),
              Envelope.finishReason(choice.reason())));
    }
    return envelope.whole(OBJECT, trees, usage);
  }

  private Map<String, @Nullable Object> chunk(
      int choice, String text, @Nullable Object logprobs, @Nullable String finishReason) {
    return envelope.chunk(OBJECT, List.of(choice(choice, text, logprobs, finishReason)));
  }

  private static Map<String, @Nullable Object> choice(
      int index, String text, @Nullable Object logprobs, @Nullable String finishReason) {
    return Tree.of("text", text)
        .with("index", index)
        .with("logprobs", logprobs)
        .with("finish_reason", finishReason)
        .members();
  }

  private @Nullable Object logprobs(int choice, List<TokenScore> scores) {
    if (!ask.request().sampling().logprobs()) {
      return null;
    }
    var tokens = new ArrayList<@Nullable Object>();
    var logprobs = new ArrayList<@Nullable Object>();
    var tops = new ArrayList<@Nullable Object>();
    var textOffsets = new ArrayList<@Nullable Object>();
    for (var score : scores) {
      tokens.add(score.token());
      logprobs.add(Logprobs.finite(score.logprob()));
      tops.add(top(score));
      textOffsets.add(offsets[choice]);
      offsets[choice] += score.token().length();
    }
    return Tree.of("tokens", tokens)
        .with("token_logprobs", logprobs)
        .with("top_logprobs", ask.request().sampling().topLogprobs() == 0 ? null : tops)
        .with("text_offset", textOffsets)
        .members();
  }

  private static Map<String, @Nullable Object> top(TokenScore score) {
    var top = new HashMap<String, @Nullable Object>();
    score.top().forEach(each -> top.put(each.token(), Logprobs.finite(each.logprob())));
    // The drawn token is always among them, also where it was not one of the likeliest.
    top.put(score.token(), Logprobs.finite(score.logprob()));
    return top;
  }
}

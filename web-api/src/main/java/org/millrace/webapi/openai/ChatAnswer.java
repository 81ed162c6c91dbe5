package org.millrace.webapi.openai;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.millrace.serving.api.CompletionEvent.FinishReason;
import org.millrace.serving.api.CompletionEvent.TokenScore;
import org.millrace.webapi.json.Tree;
import org.millrace.webapi.tool.AnswerPart;
import org.millrace.webapi.tool.CallReader;
import org.millrace.webapi.tool.ToolUse;

/** One choice of a chat answer: what of its text is content, and what calls of tools. */
final class ChatAnswer {
  private final String idPrefix;
  private final CallReader reader;
  private final List<TokenScore> scores = new ArrayList<>();
  private int calls;

  /**
   * @param answerId makes the ids of calls unique, and the same for the same answer
   */
  ChatAnswer(String answerId, int choice, ToolUse use) {
    this.idPrefix = "call_%s%d".formatted(answerId.substring(answerId.indexOf('-') + 1), choice);
    this.reader = CallReader.of(use);
  }

  /** The {@code delta} for more text; empty where nothing can be said yet. */
  Map<String, @Nullable Object> add(String text) {
    return delta(reader.add(text));
  }

  /** The {@code delta} of what was held back. */
  Map<String, @Nullable Object> end() {
    return delta(reader.end());
  }

  void note(List<TokenScore> more) {
    scores.addAll(more);
  }

  /** Those that no chunk has had yet. */
  List<TokenScore> takeScores() {
    var taken = List.copyOf(scores);
    scores.clear();
    return taken;
  }

  /** A choice that ended with calls says so, where it came to its own end. */
  String finish(FinishReason reason) {
    return reason == FinishReason.STOP && calls > 0 ? "tool_calls" : Envelope.finishReason(reason);
  }

  /** The whole message of a text. */
  Map<String, @Nullable Object> message(String text) {
    var parts = new ArrayList<>(reader.add(text));
    parts.addAll(reader.end());
    var content = content(parts);
    var trees = calls(parts);
    trees.forEach(call -> call.remove("index"));
    var message =
        Tree.of("role", "assistant")
            .with("content", trees.isEmpty() || !content.isBlank() ? content : null)
            .with("refusal", null)
            .with("annotations", List.of());
    return (trees.isEmpty() ? message : message.with("tool_calls", trees)).members();
  }

  private Map<String, @Nullable Object> delta(List<AnswerPart> parts) {
    var delta = new LinkedHashMap<String, @Nullable Object>();
    if (parts.stream().anyMatch(AnswerPart.Text.class::isInstance)) {
      delta.put("content", content(parts));
    }
    var trees = calls(parts);
    if (!trees.isEmpty()) {
      delta.put("tool_calls", trees);
    }
    return delta;
  }

  private static String content(List<AnswerPart> parts) {
    var content = new StringBuilder();
    for (AnswerPart part : parts) {
      if (part instanceof AnswerPart.Text(String text)) {
        content.append(text);
      }
    }
    return content.toString();
  }

  /** By call: who is called, where the parts say so, and what they have of the arguments. */
  private List<Map<String, @Nullable Object>> calls(List<AnswerPart> parts) {
    var names = new TreeMap<Integer, String>();
    var arguments = new TreeMap<Integer, StringBuilder>();
    for (AnswerPart part : parts) {
      switch (part) {
        case AnswerPart.Text text -> {}
        case AnswerPart.Start(int call, String function) -> {
          names.put(call, function);
          arguments.put(call, new StringBuilder());
          calls++;
        }
        case AnswerPart.Arguments(int call, String json) ->
            arguments.computeIfAbsent(call, unused -> new StringBuilder()).append(json);
      }
    }
    var trees = new ArrayList<Map<String, @Nullable Object>>();
    arguments.forEach((call, json) -> trees.add(call(call, names.get(call), json.toString())));
    return trees;
  }

  private Map<String, @Nullable Object> call(int call, @Nullable String name, String arguments) {
    var tree = Tree.of("index", call);
    var function = Tree.of("arguments", arguments);
    if (name != null) {
      tree.with("id", idPrefix + "_" + call).with("type", "function");
      function = Tree.of("name", name).with("arguments", arguments);
    }
    return tree.with("function", function.members()).members();
  }
}

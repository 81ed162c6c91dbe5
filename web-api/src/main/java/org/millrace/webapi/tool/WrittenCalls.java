package org.millrace.webapi.tool;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.millrace.webapi.error.ApiException;
import org.millrace.webapi.json.JsonReader;
import org.millrace.webapi.json.JsonWriter;

/**
 * Finds calls that a model wrote of its own accord, in the two ways that most models are trained
 * to: JSON between {@code <tool_call>} and {@code </tool_call>} (Hermes, Qwen), or as the whole
 * answer (Llama 3). What is no call of an offered function stays text, letter for letter; where
 * only one call is wanted, those after the first are left out.
 */
final class WrittenCalls implements CallReader {
  private static final String OPEN = "<tool_call>";
  private static final String CLOSE = "</tool_call>";
  private static final Pattern BARE =
      Pattern.compile("\\s*\\{\\s*\"(?:type\"\\s*:\\s*\"function\"\\s*,\\s*\")?name\"\\s*:");

  private final ToolUse use;
  private final StringBuilder held = new StringBuilder();
  private boolean anyTextGiven;
  private int calls;

  WrittenCalls(ToolUse use) {
    this.use = use;
  }

  @Override
  public List<AnswerPart> add(String text) {
    held.append(text);
    var parts = new ArrayList<AnswerPart>();
    if (!mayBeBare()) {
      readMarked(parts, false);
    }
    return parts;
  }

  @Override
  public List<AnswerPart> end() {
    var parts = new ArrayList<AnswerPart>();
    if (mayBeBare() && call(held.toString(), parts)) {
      held.setLength(0);
    }
    readMarked(parts, true);
    return parts;
  }

  /** Whether all of the answer so far could be the beginning of one call. */
  private boolean mayBeBare() {
    if (anyTextGiven || calls > 0) {
      return false;
    }
    var bare = BARE.matcher(held);
    return bare.lookingAt() || bare.hitEnd();
  }

  private void readMarked(List<AnswerPart> parts, boolean last) {
    int open = held.indexOf(OPEN);
    while (open >= 0) {
      give(open, parts);
      int close = held.indexOf(CLOSE);
      if (close < 0) {
        break;
      }
      int end = close + CLOSE.length();
      if (call(held.substring(OPEN.length(), close), parts)) {
        held.delete(0, end);
      } else {
        give(end, parts);
      }
      open = held.indexOf(OPEN);
    }
    // Some models end the turn instead of closing the mark.
    if (last && open >= 0 && call(held.substring(OPEN.length()), parts)) {
      held.setLength(0);
    }
    if (last || open < 0) {
      give(last ? held.length() : held.length() - beginningOfMark(), parts);
    }
  }

  /** How many of the last characters may be the first of a mark. */
  private int beginningOfMark() {
    for (int length = Math.min(held.length(), OPEN.length() - 1); length > 0; length--) {
      if (OPEN.startsWith(held.substring(held.length() - length))) {
        return length;
      }
    }
    return 0;
  }

  private void give(int length, List<AnswerPart> parts) {
    String text = held.substring(0, length);
    held.delete(0, length);
    // The line ends between calls are nothing to read.
    if (!text.isEmpty() && (calls == 0 || !text.isBlank())) {
      parts.add(new AnswerPart.Text(text));
      anyTextGiven |= !text.isBlank();
    }
  }

  private boolean call(String json, List<AnswerPart> parts) {
    Map<String, @Nullable Object> members;
    try {
      members = JsonReader.object(json.getBytes(StandardCharsets.UTF_8));
    } catch (ApiException noJson) {
      return false;
    }
    Object given =
        members.containsKey("arguments") ? members.get("arguments") : members.get("parameters");
    if (!(members.get("name") instanceof String name)
        || !use.names().contains(name)
        || !(given instanceof Map<?, ?> || given == null)) {
      return false;
    }
    if (calls == 0 || use.several()) {
      parts.add(new AnswerPart.Start(calls, name));
      parts.add(new AnswerPart.Arguments(calls, given == null ? "{}" : JsonWriter.value(given)));
      calls++;
    }
    return true;
  }
}

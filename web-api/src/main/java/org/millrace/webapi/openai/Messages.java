package org.millrace.webapi.openai;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.millrace.webapi.error.ApiError;
import org.millrace.webapi.error.ApiException;
import org.millrace.webapi.json.Fields;
import org.millrace.webapi.json.Value;

/**
 * Reads {@code messages} into the trees that chat templates expect: text parts joined, {@code
 * developer} as the {@code system} that templates know, no {@code null} members.
 */
final class Messages {
  private static final String ROLES = "'system', 'developer', 'user', 'assistant' and 'tool'";

  private Messages() {}

  static List<Map<String, Object>> read(Fields body) {
    var messages = body.required("messages").elements();
    if (messages.isEmpty()) {
      throw body.value("messages").invalid("expected at least one message, but got none.");
    }
    return messages.stream().map(message -> message(message.fields())).toList();
  }

  private static Map<String, Object> message(Fields message) {
    var role = message.required("role");
    var tree = new LinkedHashMap<String, Object>();
    switch (role.text()) {
      case "system", "developer" -> put(tree, "system", text(message.required("content"), false));
      case "user" -> put(tree, "user", text(message.required("content"), false));
      case "assistant" -> putAssistant(tree, message);
      case "tool" -> {
        put(tree, "tool", text(message.required("content"), false));
        tree.put("tool_call_id", message.required("tool_call_id").text());
      }
      default ->
          throw role.invalid(
              "'%s' is not a role; supported are %s.".formatted(shortened(role.text()), ROLES));
    }
    var name = message.text("name");
    if (name != null) {
      tree.put("name", name);
    }
    return tree;
  }

  private static void putAssistant(Map<String, Object> tree, Fields message) {
    var calls = Tools.calls(message);
    var content = message.value("content");
    if (!content.isNull()) {
      put(tree, "assistant", text(content, true));
    } else if (!calls.isEmpty() || !message.value("refusal").isNull()) {
      put(tree, "assistant", refusal(message));
    } else {
      throw message.missing("content");
    }
    if (!calls.isEmpty()) {
      tree.put("tool_calls", calls);
    }
  }

  private static String refusal(Fields message) {
    var refusal = message.text("refusal");
    return refusal == null ? "" : refusal;
  }

  private static void put(Map<String, Object> tree, String role, String content) {
    tree.put("role", role);
    tree.put("content", content);
  }

  /** A text, or the texts of its parts, one a line. */
  private static String text(Value content, boolean fromAssistant) {
    if (content.isText()) {
      return content.text();
    }
    var parts = content.elements("a string or an array of content parts");
    if (parts.isEmpty()) {
      throw content.invalid("expected at least one content part, but got none.");
    }
    return parts.stream()
        .map(part -> partText(part.fields(), fromAssistant))
        .collect(Collectors.joining("\n"));
  }

  private static String partText(Fields part, boolean fromAssistant) {
    var type = part.required("type");
    if (fromAssistant && type.text().equals("refusal")) {
      return part.required("refusal").text();
    }
    return switch (type.text()) {
      case "text" -> part.required("text").text();
      case "image_url", "input_audio", "file", "video_url" ->
          throw new ApiException(
              ApiError.UNSUPPORTED_PARAMETER,
              "Unsupported content part: '%s' is '%s'; this server's models read text only."
                  .formatted(type.parameter(), type.text()),
              type.parameter());
      default ->
          throw type.invalid(
              "'%s' is not a type of content part; supported is 'text'."
                  .formatted(shortened(type.text())));
    };
  }

  static String shortened(@Nullable String text) {
    var whole = String.valueOf(text);
    return whole.length() <= 60 ? whole : whole.substring(0, 60) + "...";
  }
}

package org.millrace.webapi.openai;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.millrace.webapi.error.ApiError;
import org.millrace.webapi.error.ApiException;
import org.millrace.webapi.json.Fields;
import org.millrace.webapi.json.JsonReader;
import org.millrace.webapi.json.Value;

/**
 * Reads {@code tools}, {@code tool_choice} and an assistant's {@code tool_calls} into the trees
 * that chat templates expect.
 */
final class Tools {
  private static final int TOOLS_MAX = 128;
  private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9_-]{1,64}");

  private Tools() {}

  /** The tools that the model is to see; none where {@code tool_choice} is {@code none}. */
  static List<Map<String, Object>> read(Fields body) {
    var given = body.elements("tools");
    if (given.size() > TOOLS_MAX) {
      throw body.value("tools")
          .invalid("%d tools were given; the limit is %d.".formatted(given.size(), TOOLS_MAX));
    }
    var tools = given.stream().map(Tools::tool).toList();
    return offered(body.value("tool_choice"), !tools.isEmpty()) ? tools : List.of();
  }

  private static boolean offered(Value choice, boolean anyTools) {
    if (choice.isNull()) {
      return true;
    }
    if (!anyTools && !"none".equals(choice.content())) {
      throw choice.invalid("it is only allowed when 'tools' are given.");
    }
    if (choice.isObject()) {
      throw cannotForce(choice, "a named tool");
    }
    return switch (choice.isText()
        ? choice.text()
        : choice.<String>wrongType("a string or an object")) {
      case "none" -> false;
      case "auto" -> true;
      case "required" -> throw cannotForce(choice, "'required'");
      default ->
          throw choice.invalid(
              "'%s' is not a choice; supported are 'none' and 'auto'."
                  .formatted(Messages.shortened(choice.text())));
    };
  }

  private static ApiException cannotForce(Value choice, String what) {
    return new ApiException(
        ApiError.UNSUPPORTED_PARAMETER,
        "Unsupported value: 'tool_choice' is %s; this server supports 'none' and 'auto'."
            .formatted(what),
        choice.parameter());
  }

  private static Map<String, Object> tool(Value tool) {
    var fields = tool.fields();
    requireFunction(fields);
    var function = fields.required("function");
    name(function.fields());
    function.fields().text("description");
    function.fields().object("parameters");
    return Map.of("type", "function", "function", withoutNulls(function.content()));
  }

  /**
   * The calls of an assistant's message; the arguments as an object, because that is what templates
   * print.
   */
  static List<Map<String, Object>> calls(Fields message) {
    return message.elements("tool_calls").stream().map(call -> call(call.fields())).toList();
  }

  private static Map<String, Object> call(Fields call) {
    requireFunction(call);
    var function = call.required("function").fields();
    var tree = new LinkedHashMap<String, Object>();
    tree.put("id", call.required("id").text());
    tree.put("type", "function");
    tree.put(
        "function",
        Map.of(
            "name", name(function), "arguments", arguments(function.required("arguments").text())));
    return tree;
  }

  private static Object arguments(String json) {
    try {
      return withoutNulls(
          JsonReader.object(json.getBytes(java.nio.charset.StandardCharsets.UTF_8)));
    } catch (ApiException e) {
      // A model may have written anything here; the template then prints it as it is.
      return json;
    }
  }

  private static void requireFunction(Fields fields) {
    var type = fields.required("type");
    if (!type.text().equals("function")) {
      throw type.invalid(
          "'%s' is not a type of tool; supported is 'function'."
              .formatted(Messages.shortened(type.text())));
    }
  }

  private static String name(Fields function) {
    var name = function.required("name");
    if (!NAME.matcher(name.text()).matches()) {
      throw name.invalid("expected 1 to 64 of a-z, A-Z, 0-9, _ and -.");
    }
    return name.text();
  }

  /** Templates ask whether a member is there; {@code null} would be there. */
  private static Object withoutNulls(@Nullable Object value) {
    return switch (value) {
      case Map<?, ?> object -> {
        var tree = new LinkedHashMap<String, Object>();
        object.forEach((name, member) -> {
          if (member != null) {
            tree.put(String.valueOf(name), withoutNulls(member));
          }
        });
        yield tree;
      }
      case List<?> array ->
          array.stream().filter(Objects::nonNull).map(Tools::withoutNulls).toList();
      case null -> "";
      default -> value;
    };
  }
}

package org.millrace.webapi.openai;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.millrace.serving.api.CompletionRequest.Format;
import org.millrace.serving.api.CompletionRequest.JsonSchema;
import org.millrace.webapi.error.ApiException;
import org.millrace.webapi.json.Fields;
import org.millrace.webapi.json.JsonReader;
import org.millrace.webapi.json.JsonWriter;
import org.millrace.webapi.json.Value;
import org.millrace.webapi.tool.CallSchema;
import org.millrace.webapi.tool.ToolUse;

/**
 * Reads {@code tools} and an assistant's {@code tool_calls} into the trees that chat templates
 * expect, and with {@code tool_choice} into what the answer must look like.
 */
final class Tools {
  private static final int TOOLS_MAX = 128;
  private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9_-]{1,64}");

  private Tools() {}

  /**
   * What a body says of tools.
   *
   * @param offered what the model is to see; none where {@code tool_choice} is {@code none}
   * @param use how calls come out of its text
   * @param format what the text must look like where it must call
   */
  record Offer(List<Map<String, Object>> offered, ToolUse use, @Nullable Format format) {}

  static Offer read(Fields body) {
    var given = body.elements("tools");
    if (given.size() > TOOLS_MAX) {
      throw body.value("tools")
          .invalid("%d tools were given; the limit is %d.".formatted(given.size(), TOOLS_MAX));
    }
    var tools = given.stream().map(Tools::tool).toList();
    var functions = functions(given);
    var choice = ToolChoice.read(body.value("tool_choice"), functions.keySet());
    // Read in any case, so that what it says is checked.
    var several = body.flag("parallel_tool_calls", true);
    return switch (choice.kind()) {
      case NONE -> new Offer(List.of(), ToolUse.NONE, null);
      case MAY ->
          new Offer(
              tools,
              tools.isEmpty() ? ToolUse.NONE : use(ToolUse.Form.FREE, choice, several),
              null);
      case MUST ->
          new Offer(
              tools,
              use(ToolUse.Form.CALLS, choice, several),
              format(CallSchema.calls(pick(functions, choice), several)));
      case THIS ->
          new Offer(
              tools,
              use(ToolUse.Form.ARGUMENTS, choice, false),
              format(CallSchema.arguments(pick(functions, choice).getFirst())));
    };
  }

  private static ToolUse use(ToolUse.Form form, ToolChoice choice, boolean several) {
    return new ToolUse(form, choice.names(), several);
  }

  private static Format format(Map<String, @Nullable Object> schema) {
    return new Format("tool_choice", new JsonSchema(JsonWriter.text(schema)));
  }

  private static List<CallSchema.Function> pick(
      Map<String, CallSchema.Function> functions, ToolChoice choice) {
    return choice.names().stream()
        .map(name -> Objects.requireNonNull(functions.get(name)))
        .toList();
  }

  private static Map<String, CallSchema.Function> functions(List<Value> tools) {
    var functions = new LinkedHashMap<String, CallSchema.Function>();
    for (Value tool : tools) {
      var function = tool.fields().required("function").fields();
      var parameters =
          function.value("parameters").content() instanceof Map<?, ?> schema ? schema : null;
      if (parameters != null && !CallSchema.allowsObject(parameters)) {
        throw function
            .value("parameters")
            .invalid("arguments are always an object, so its type must be 'object'.");
      }
      var name = name(function);
      if (functions.put(name, new CallSchema.Function(name, parameters)) != null) {
        throw function.value("name").invalid("there is a function of this name already.");
      }
    }
    return functions;
  }

  private static Map<String, Object> tool(Value tool) {
    var fields = tool.fields();
    requireFunction(fields);
    var function = fields.required("function");
    name(function.fields());
    function.fields().text("description");
    function.fields().object("parameters");
    // Where a call is forced every schema is kept to, so there is no difference.
    function.fields().flag("strict", false);
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

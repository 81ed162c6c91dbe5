package org.millrace.webapi.openai;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.millrace.serving.api.CompletionRequest.Choice;
import org.millrace.serving.api.CompletionRequest.Form;
import org.millrace.serving.api.CompletionRequest.Format;
import org.millrace.serving.api.CompletionRequest.Grammar;
import org.millrace.serving.api.CompletionRequest.JsonObject;
import org.millrace.serving.api.CompletionRequest.JsonSchema;
import org.millrace.serving.api.CompletionRequest.Regex;
import org.millrace.webapi.error.ApiError;
import org.millrace.webapi.error.ApiException;
import org.millrace.webapi.json.Fields;
import org.millrace.webapi.json.JsonWriter;
import org.millrace.webapi.json.Value;

/**
 * Reads what the answer must look like: OpenAI's {@code response_format} and vLLM's {@code
 * guided_*} and {@code structured_outputs}. At most one of them may say so.
 */
final class Formats {
  private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9_-]{1,64}");
  private static final List<String> KINDS = List.of("json", "regex", "choice", "grammar");

  private Formats() {}

  static @Nullable Format read(Fields body) {
    List<Format> given = new ArrayList<>();
    responseFormat(body, given);
    for (String kind : KINDS) {
      add(body.value("guided_" + kind), kind, given);
    }
    var outputs = body.object("structured_outputs");
    if (outputs != null) {
      structuredOutputs(outputs, given);
    }
    if (given.size() > 1) {
      throw new ApiException(
          ApiError.INVALID_VALUE,
          "Invalid '%s': it cannot be given together with '%s'."
              .formatted(given.get(1).parameter(), given.get(0).parameter()),
          given.get(1).parameter());
    }
    return given.isEmpty() ? null : given.getFirst();
  }

  private static void responseFormat(Fields body, List<Format> given) {
    var format = body.object("response_format");
    if (format == null) {
      return;
    }
    var type = format.required("type");
    switch (type.text()) {
      case "text" -> {}
      case "json_object" -> given.add(new Format("response_format", new JsonObject()));
      case "json_schema" ->
          given.add(new Format("response_format", schema(format.required("json_schema").fields())));
      default ->
          throw type.invalid(
              "'%s' is not a format; supported are 'text', 'json_object' and 'json_schema'."
                  .formatted(Messages.shortened(type.text())));
    }
  }

  private static Form schema(Fields described) {
    var name = described.required("name");
    if (!NAME.matcher(name.text()).matches()) {
      throw name.invalid("expected 1 to 64 of a-z, A-Z, 0-9, _ and -.");
    }
    described.text("description");
    // Every schema is kept to, so there is no difference between strict and not.
    described.flag("strict", false);
    var schema = described.required("schema");
    schema.fields();
    return new JsonSchema(json(schema));
  }

  private static void structuredOutputs(Fields outputs, List<Format> given) {
    for (String name : outputs.names()) {
      var value = outputs.value(name);
      if (KINDS.contains(name)) {
        add(value, name, given);
      } else if (name.equals("json_object")) {
        if (!value.isNull() && value.flag()) {
          given.add(new Format(value.parameter(), new JsonObject()));
        }
      } else if (!value.isNull() && !Parameters.isFalse(value)) {
        throw new ApiException(
            ApiError.UNSUPPORTED_PARAMETER,
            "Unsupported parameter: '%s' is not supported by this server."
                .formatted(value.parameter()),
            value.parameter());
      }
    }
  }

  private static void add(Value value, String kind, List<Format> given) {
    if (value.isNull()) {
      return;
    }
    Form form =
        switch (kind) {
          case "json" -> new JsonSchema(value.isText() ? value.text() : json(value));
          case "regex" -> new Regex(value.text());
          case "choice" -> new Choice(value.elements().stream().map(Value::text).toList());
          default -> new Grammar(value.text());
        };
    given.add(new Format(value.parameter(), form));
  }

  private static String json(Value schema) {
    return schema.content() instanceof Map<?, ?> object
        ? JsonWriter.value(object)
        : schema.<String>wrongType("an object");
  }
}

package org.millrace.serving.admission;

import static org.millrace.serving.admission.Refusals.invalid;

import org.jspecify.annotations.Nullable;
import org.millrace.inference.api.Constraint;
import org.millrace.inference.api.Engine;
import org.millrace.inference.api.InvalidRequestException;
import org.millrace.inference.api.OutputFormat;
import org.millrace.serving.api.CompletionRequest;
import org.millrace.serving.api.CompletionRequest.Form;
import org.millrace.serving.api.CompletionRequest.Format;

/**
 * Formats to constraints for the request's model. Compiling happens here, on the request's own
 * thread, and what cannot be kept to is refused before anything is held.
 */
final class FormatReader {
  private FormatReader() {}

  static @Nullable Constraint read(@Nullable Format format, Engine engine) {
    if (format == null) {
      return null;
    }
    try {
      return engine.constraints().compile(asked(format.form()));
    } catch (InvalidRequestException refused) {
      throw invalid(
          format.parameter(),
          "%s cannot be kept to: %s".formatted(format.parameter(), refused.getMessage()));
    }
  }

  private static OutputFormat asked(Form form) {
    return switch (form) {
      case CompletionRequest.JsonObject() -> new OutputFormat.JsonObject();
      case CompletionRequest.JsonSchema(String schema) -> new OutputFormat.JsonSchema(schema);
      case CompletionRequest.Regex(String pattern) -> new OutputFormat.Regex(pattern);
      case CompletionRequest.Choice(var choices) -> new OutputFormat.Choice(choices);
      case CompletionRequest.Grammar(String rules) -> new OutputFormat.Rules(rules);
    };
  }
}

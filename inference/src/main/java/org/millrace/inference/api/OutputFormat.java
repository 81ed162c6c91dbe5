package org.millrace.inference.api;

import java.util.List;

/** What a model's output must look like, as a caller writes it. */
public sealed interface OutputFormat {
  /** One JSON object, whatever is in it. */
  record JsonObject() implements OutputFormat {}

  /**
   * JSON that is valid under a schema.
   *
   * @param schema JSON text; the supported part of JSON Schema is listed in
   *     docs/structured-output.md
   */
  record JsonSchema(String schema) implements OutputFormat {}

  /** A text that a regular expression matches as a whole. */
  record Regex(String pattern) implements OutputFormat {}

  /** One of these texts. */
  record Choice(List<String> choices) implements OutputFormat {}

  /** A text of a grammar in llama.cpp's notation (GBNF), whose first rule is {@code root}. */
  record Rules(String grammar) implements OutputFormat {}
}

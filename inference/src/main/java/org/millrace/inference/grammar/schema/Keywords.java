package org.millrace.inference.grammar.schema;

import java.util.Set;
import org.millrace.inference.grammar.bounds.GrammarException;
import org.millrace.inference.grammar.json.Json;

/** Which keywords are kept, which say nothing about a value, and which are refused. */
final class Keywords {
  /** They describe; whatever they say, the same values are valid. */
  private static final Set<String> ANNOTATIONS =
      Set.of(
          "title",
          "description",
          "default",
          "examples",
          "example",
          "deprecated",
          "readOnly",
          "writeOnly",
          "discriminator",
          "$schema",
          "$id",
          "$comment",
          "$defs",
          "definitions",
          "contentEncoding",
          "contentMediaType");

  private static final Set<String> KEPT =
      Set.of(
          "$ref",
          "type",
          "nullable",
          "enum",
          "const",
          "anyOf",
          "oneOf",
          "allOf",
          "properties",
          "required",
          "additionalProperties",
          "minProperties",
          "maxProperties",
          "items",
          "prefixItems",
          "minItems",
          "maxItems",
          "minLength",
          "maxLength",
          "pattern",
          "format",
          "minimum",
          "maximum",
          "exclusiveMinimum",
          "exclusiveMaximum",
          "multipleOf");

  private Keywords() {}

  /**
   * @throws GrammarException naming a keyword that cannot be kept
   */
  static void check(Source source) {
    source
        .members()
        .forEach((keyword, value) -> {
          boolean harmless =
              ANNOTATIONS.contains(keyword)
                  || keyword.startsWith("x-")
                  || keyword.equals("uniqueItems") && isFalse(value);
          if (!harmless && !KEPT.contains(keyword)) {
            throw GrammarException.of(
                "schema keyword '%s' at %s is not supported",
                keyword.length() <= 60 ? keyword : keyword.substring(0, 60) + "...",
                source.place());
          }
        });
  }

  private static boolean isFalse(Json value) {
    return value instanceof Json.JsonBoolean(boolean flag) && !flag;
  }
}

package org.millrace.webapi.json;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a JSON value is, in the words of OpenAI's error messages. */
enum Kind {
  NULL("null"),
  STRING("a string"),
  INTEGER("an integer"),
  DECIMAL("a decimal"),
  BOOLEAN("a boolean"),
  ARRAY("an array"),
  OBJECT("an object");

  private final String words;

  Kind(String words) {
    this.words = words;
  }

  String words() {
    return words;
  }

  static Kind of(@Nullable Object value) {
    return switch (value) {
      case null -> NULL;
      case String text -> STRING;
      case Long number -> INTEGER;
      case Boolean flag -> BOOLEAN;
      case List<?> array -> ARRAY;
      case Map<?, ?> object -> OBJECT;
      default -> DECIMAL;
    };
  }
}

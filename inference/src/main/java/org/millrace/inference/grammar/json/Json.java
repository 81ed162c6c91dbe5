package org.millrace.inference.grammar.json;

import java.math.BigDecimal;
import java.util.List;
import java.util.Map;

/** A JSON value. Numbers are equal where they are the same number: {@code 1.0} and {@code 1}. */
public sealed interface Json {
  record JsonNull() implements Json {}

  record JsonBoolean(boolean value) implements Json {}

  record JsonNumber(BigDecimal value) implements Json {
    @Override
    public boolean equals(Object other) {
      return other instanceof JsonNumber number && value.compareTo(number.value) == 0;
    }

    @Override
    public int hashCode() {
      return Double.hashCode(value.doubleValue());
    }

    public boolean isInteger() {
      return value.signum() == 0 || value.stripTrailingZeros().scale() <= 0;
    }
  }

  record JsonString(String value) implements Json {}

  record JsonArray(List<Json> items) implements Json {}

  /** Members in their own order. */
  record JsonObject(Map<String, Json> members) implements Json {}

  /** What kind of value it is, as JSON Schema calls it. */
  default String kind() {
    return switch (this) {
      case JsonNull n -> "null";
      case JsonBoolean b -> "boolean";
      case JsonNumber n -> "number";
      case JsonString s -> "string";
      case JsonArray a -> "array";
      case JsonObject o -> "object";
    };
  }

  /** On one line without spaces. */
  default String compact() {
    var out = new StringBuilder();
    JsonText.write(this, out);
    return out.toString();
  }
}

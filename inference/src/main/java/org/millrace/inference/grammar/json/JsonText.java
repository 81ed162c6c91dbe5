package org.millrace.inference.grammar.json;

import java.util.Map;

/** Values as compact text; characters beyond ASCII as they are. */
public final class JsonText {
  private JsonText() {}

  static void write(Json value, StringBuilder out) {
    switch (value) {
      case Json.JsonNull n -> out.append("null");
      case Json.JsonBoolean(boolean flag) -> out.append(flag);
      case Json.JsonNumber number -> writeNumber(number, out);
      case Json.JsonString(String text) -> out.append(quoted(text));
      case Json.JsonArray(var items) -> {
        out.append('[');
        String separator = "";
        for (Json item : items) {
          out.append(separator);
          write(item, out);
          separator = ",";
        }
        out.append(']');
      }
      case Json.JsonObject(var members) -> {
        out.append('{');
        String separator = "";
        for (Map.Entry<String, Json> member : members.entrySet()) {
          out.append(separator).append(quoted(member.getKey())).append(':');
          write(member.getValue(), out);
          separator = ",";
        }
        out.append('}');
      }
    }
  }

  private static void writeNumber(Json.JsonNumber number, StringBuilder out) {
    // 1E+400000 must not become 400,000 digits.
    out.append(
        Math.abs((long) number.value().scale()) <= 30
            ? number.value().toPlainString()
            : number.value().toString());
  }

  /** A JSON string with its quotation marks. */
  public static String quoted(String text) {
    var out = new StringBuilder(text.length() + 2).append('"');
    text.codePoints().forEach(point -> out.append(escaped(point)));
    return out.append('"').toString();
  }

  /** A character as it is written within a string: the shortest way. Half a pair has no other. */
  public static String escaped(int point) {
    return switch (point) {
      case '"' -> "\\\"";
      case '\\' -> "\\\\";
      case '\n' -> "\\n";
      case '\r' -> "\\r";
      case '\t' -> "\\t";
      case '\b' -> "\\b";
      case '\f' -> "\\f";
      default ->
          point < 0x20 || point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE
              ? "\\u%04x".formatted(point)
              : Character.toString(point);
    };
  }
}

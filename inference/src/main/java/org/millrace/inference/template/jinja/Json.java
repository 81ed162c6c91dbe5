package org.millrace.inference.template.jinja;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Python's {@code json.dumps} as chat templates see it: non-ASCII as it is, {@code ", "} and {@code
 * ": "} between, keys in their own order.
 *
 * @param indent spaces per level as text, or null for one line
 */
record Json(
    @org.jspecify.annotations.Nullable String indent,
    String itemSeparator,
    String keySeparator,
    boolean sortKeys,
    boolean ascii) {
  private static final int DEPTH_MAX = 100;
  private static final int INDENT_MAX = 64;

  /**
   * The filter {@code tojson(ensure_ascii=False, indent=None, separators=None, sort_keys=False)}.
   */
  static Text filter(Object value, CallArguments arguments) {
    Object indent = arguments.get(1, "indent", None.NONE);
    Object separators = arguments.get(2, "separators", None.NONE);
    String spaces =
        switch (indent) {
          case None n -> null;
          case Text text -> text.value();
          default -> " ".repeat(Math.clamp(Numbers.whole(indent), 0, INDENT_MAX));
        };
    String item = spaces == null ? ", " : ",";
    String key = ": ";
    if (!(separators instanceof None)) {
      List<Object> pair = Values.items(separators);
      item = Values.needText(pair.get(0)).value();
      key = Values.needText(pair.get(1)).value();
    }
    var json =
        new Json(
            spaces,
            item,
            key,
            Values.truth(arguments.get(3, "sort_keys", false)),
            Values.truth(arguments.get(0, "ensure_ascii", false)));
    var out = new TextBuilder();
    json.write(value, out, 0);
    return out.toText();
  }

  private void write(Object value, TextBuilder out, int depth) {
    if (depth > DEPTH_MAX) {
      throw new JinjaException(
          "RecursionError", "a value is nested more than %d deep".formatted(DEPTH_MAX));
    }
    switch (value) {
      case Text text -> string(text, out);
      case None n -> out.append("null");
      case Boolean truth -> out.append(truth.toString());
      case Long whole -> out.append(whole.toString());
      case BigInteger whole -> out.append(whole.toString());
      case Double real -> out.append(real(real));
      case List<?> items -> array(items, out, depth);
      case Tuple tuple -> array(tuple.items(), out, depth);
      case Map<?, ?> entries -> object(entries, out, depth);
      default ->
          throw JinjaException.typeError(
              "Object of type %s is not JSON serializable".formatted(Values.typeName(value)));
    }
  }

  private static String real(double value) {
    if (Double.isNaN(value)) {
      return "NaN";
    }
    return Double.isInfinite(value) ? value > 0 ? "Infinity" : "-Infinity" : Numbers.repr(value);
  }

  private void array(List<?> items, TextBuilder out, int depth) {
    if (items.isEmpty()) {
      out.append("[]");
      return;
    }
    out.append("[");
    String separator = "";
    for (Object item : items) {
      out.append(separator);
      newLine(out, depth + 1);
      write(item, out, depth + 1);
      separator = itemSeparator;
    }
    newLine(out, depth);
    out.append("]");
  }

  private void object(Map<?, ?> entries, TextBuilder out, int depth) {
    if (entries.isEmpty()) {
      out.append("{}");
      return;
    }
    out.append("{");
    String separator = "";
    for (Map.Entry<?, ?> entry : ordered(entries)) {
      out.append(separator);
      newLine(out, depth + 1);
      string(key(entry.getKey()), out);
      out.append(keySeparator);
      write(entry.getValue(), out, depth + 1);
      separator = itemSeparator;
    }
    newLine(out, depth);
    out.append("}");
  }

  private List<Map.Entry<?, ?>> ordered(Map<?, ?> entries) {
    List<Map.Entry<?, ?>> list = new ArrayList<>(entries.entrySet());
    if (sortKeys) {
      list.sort((a, b) -> Values.compare(a.getKey(), b.getKey(), "<"));
    }
    return list;
  }

  private static Text key(Object key) {
    return switch (key) {
      case Text text -> text;
      case None n -> Text.of("null");
      case Boolean truth -> Text.of(truth.toString());
      case Long whole -> Text.of(whole.toString());
      case Double real -> Text.of(real(real));
      default ->
          throw JinjaException.typeError(
              "keys must be str, int, float, bool or None, not " + Values.typeName(key));
    };
  }

  private void newLine(TextBuilder out, int depth) {
    if (indent != null) {
      out.append("\n").append(indent.repeat(depth));
    }
  }

  private void string(Text text, TextBuilder out) {
    out.append("\"");
    for (int i = 0; i < text.units(); i++) {
      out.append(escape(text.value().charAt(i)), text.isUser(i));
    }
    out.append("\"");
  }

  private String escape(char c) {
    return switch (c) {
      case '"' -> "\\\"";
      case '\\' -> "\\\\";
      case '\n' -> "\\n";
      case '\r' -> "\\r";
      case '\t' -> "\\t";
      case '\b' -> "\\b";
      case '\f' -> "\\f";
      default -> c < 0x20 || ascii && c > 0x7E ? "\\u%04x".formatted((int) c) : String.valueOf(c);
    };
  }
}

package org.millrace.inference.template.jinja;

import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Values as text: Python's {@code str} and {@code repr}. */
final class Writing {
  private static final int DEPTH_MAX = 100;
  private static final Set<Integer> UNPRINTABLE =
      Set.of(
          (int) Character.CONTROL,
          (int) Character.FORMAT,
          (int) Character.SURROGATE,
          (int) Character.PRIVATE_USE,
          (int) Character.UNASSIGNED,
          (int) Character.LINE_SEPARATOR,
          (int) Character.PARAGRAPH_SEPARATOR,
          (int) Character.SPACE_SEPARATOR);

  private Writing() {}

  /** Python's {@code str(value)}; safe HTML stays so. */
  static Text str(Object value) {
    return switch (value) {
      case Text text -> text;
      case Undefined u -> Text.EMPTY;
      default -> {
        var out = new TextBuilder();
        repr(value, out, 0);
        yield out.toText();
      }
    };
  }

  /** Python's {@code repr(value)}. */
  static Text repr(Object value) {
    var out = new TextBuilder();
    repr(value, out, 0);
    return out.toText();
  }

  private static void repr(Object value, TextBuilder out, int depth) {
    if (depth > DEPTH_MAX) {
      throw new JinjaException(
          "RecursionError", "a value is nested more than %d deep".formatted(DEPTH_MAX));
    }
    switch (value) {
      case Text text -> quoted(text, out);
      case Boolean truth -> out.append(truth ? "True" : "False");
      case Long whole -> out.append(whole.toString());
      case BigInteger whole -> out.append(whole.toString());
      case Double real -> out.append(Numbers.repr(real));
      case None n -> out.append("None");
      case Undefined u -> out.append("Undefined");
      case List<?> items -> sequence("[", items, "]", out, depth);
      case Tuple tuple ->
          sequence("(", tuple.items(), tuple.items().size() == 1 ? ",)" : ")", out, depth);
      case Map<?, ?> entries -> dict(entries, out, depth);
      case Lazy lazy -> lazy(lazy, out, depth);
      case Namespace n -> out.append("<Namespace>");
      case MacroValue macro -> out.append("<Macro '" + macro.name() + "'>");
      default -> out.append("<" + Values.typeName(value) + ">");
    }
  }

  private static void sequence(
      String open, List<?> items, String close, TextBuilder out, int depth) {
    out.append(open);
    String separator = "";
    for (Object item : items) {
      out.append(separator);
      repr(item, out, depth + 1);
      separator = ", ";
    }
    out.append(close);
  }

  private static void dict(Map<?, ?> entries, TextBuilder out, int depth) {
    out.append("{");
    String separator = "";
    for (var entry : entries.entrySet()) {
      out.append(separator);
      repr(entry.getKey(), out, depth + 1);
      out.append(": ");
      repr(entry.getValue(), out, depth + 1);
      separator = ", ";
    }
    out.append("}");
  }

  private static void lazy(Lazy lazy, TextBuilder out, int depth) {
    if (lazy.type().startsWith("dict_")) {
      out.append(lazy.type());
      sequence("([", lazy.items(), "])", out, depth);
    } else {
      out.append(lazy.written());
    }
  }

  private static void quoted(Text text, TextBuilder out) {
    String value = text.value();
    char quote = value.indexOf('\'') >= 0 && value.indexOf('"') < 0 ? '"' : '\'';
    out.append(String.valueOf(quote));
    int at = 0;
    while (at < value.length()) {
      int point = value.codePointAt(at);
      out.append(escape(point, quote), text.isUser(at));
      at += Character.charCount(point);
    }
    out.append(String.valueOf(quote));
  }

  private static String escape(int point, char quote) {
    return switch (point) {
      case '\\' -> "\\\\";
      case '\n' -> "\\n";
      case '\r' -> "\\r";
      case '\t' -> "\\t";
      case ' ' -> " ";
      default -> {
        if (point == quote) {
          yield "\\" + quote;
        }
        if (!UNPRINTABLE.contains(Character.getType(point))) {
          yield Character.toString(point);
        }
        yield (point < 256 ? "\\x%02x" : point < 65536 ? "\\u%04x" : "\\U%08x").formatted(point);
      }
    };
  }
}

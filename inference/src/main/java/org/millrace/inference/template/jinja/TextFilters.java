package org.millrace.inference.template.jinja;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/** The filters that make text. */
final class TextFilters {
  private TextFilters() {}

  static void register(Map<String, Filters.Filter> filters) {
    for (String name : List.of("upper", "lower", "title", "capitalize")) {
      filters.put(name, (value, a, i) -> cased(Writing.str(value), name));
    }
    filters.put("string", (value, a, i) -> Writing.str(value));
    filters.put("safe", (value, a, i) -> Writing.str(value).asSafe(true));
    filters.put("escape", (value, a, i) -> Writing.str(value).escaped());
    filters.put("e", (value, a, i) -> Writing.str(value).escaped());
    filters.put("forceescape", (value, a, i) -> Writing.str(value).asSafe(false).escaped());
    filters.put(
        "trim",
        (value, a, i) ->
            TextMethods.strip(Writing.str(value), a.get(0, "chars", None.NONE), true, true));
    filters.put(
        "replace",
        (value, a, i) ->
            TextMethods.replace(
                Writing.str(value).asSafe(false),
                Writing.str(a.required(0, "old")).asSafe(false),
                Writing.str(a.required(1, "new")).asSafe(false),
                a.get(2, "count", None.NONE) instanceof None ? -1 : a.integer(2, "count", -1)));
    filters.put("indent", (value, a, i) -> indent(Writing.str(value), a));
    filters.put("center", (value, a, i) -> center(value, a));
    filters.put(
        "format",
        (value, a, i) ->
            PercentFormat.format(
                Writing.str(value), a.named().isEmpty() ? new Tuple(a.positional()) : named(a)));
    filters.put("truncate", (value, a, i) -> truncate(Writing.str(value), a));
    filters.put("wordcount", (value, a, i) -> words(Writing.str(value)));
    filters.put("urlencode", (value, a, i) -> urlEncoded(Writing.str(value)));
  }

  /**
   * Jinja's own {@code title} keeps what follows an apostrophe small and starts anew after a
   * bracket, a dash or a space.
   */
  private static Text cased(Text text, String name) {
    if (!name.equals("title")) {
      return TextMethods.cased(text, name);
    }
    var out = new StringBuilder(text.units());
    boolean inside = false;
    for (int point : text.value().codePoints().toArray()) {
      out.appendCodePoint(inside ? Character.toLowerCase(point) : Character.toUpperCase(point));
      inside = "-({[<".indexOf(point) < 0 && !TextMethods.isSpace(point);
    }
    return text.withCharacters(out.toString());
  }

  private static Map<Object, Object> named(CallArguments arguments) {
    var map = new java.util.LinkedHashMap<Object, Object>();
    arguments.named().forEach((key, value) -> map.put(Text.of(key), value));
    return map;
  }

  private static Text indent(Text text, CallArguments arguments) {
    Object width = arguments.get(0, "width", 4L);
    boolean first = Values.truth(arguments.get(1, "first", false));
    boolean blank = Values.truth(arguments.get(2, "blank", false));
    Text indention =
        width instanceof Text given ? given : Text.of(" ".repeat(width(Numbers.whole(width))));
    var out = new TextBuilder();
    // Jinja adds a newline before it splits, so that a last line end survives.
    String value = text.value();
    int at = 0;
    boolean atFirst = true;
    while (true) {
      int end = value.indexOf('\n', at);
      Text line = text.slice(at, end < 0 ? value.length() : end);
      boolean indented = atFirst ? first : blank || !line.isEmpty();
      if (indented) {
        out.append(indention);
      }
      out.append(line);
      if (end < 0) {
        return out.toText().asSafe(text.safe());
      }
      out.append("\n");
      at = end + 1;
      atFirst = false;
    }
  }

  private static int width(long wanted) {
    Budget.check(wanted);
    return (int) Math.max(0, wanted);
  }

  private static Text center(Object value, CallArguments arguments) {
    Text text = Writing.str(value);
    int width = width(arguments.integer(0, "width", 80));
    int missing = Math.max(0, width - text.length());
    int left = missing / 2 + (missing & width & 1);
    return new TextBuilder()
        .append(" ".repeat(left))
        .append(text)
        .append(" ".repeat(missing - left))
        .toText();
  }

  private static Text truncate(Text text, CallArguments arguments) {
    int length = arguments.integer(0, "length", 255);
    boolean killWords = Values.truth(arguments.get(1, "killwords", false));
    Text end = Writing.str(arguments.get(2, "end", Text.of("...")));
    int leeway =
        arguments.get(3, "leeway", None.NONE) instanceof None
            ? 5
            : arguments.integer(3, "leeway", 5);
    if (text.length() <= length + leeway) {
      return text;
    }
    Text cut = text.slice(0, text.offset(Math.clamp(length - end.length(), 0, text.length())));
    int space = cut.value().lastIndexOf(' ');
    return Operators.join(killWords || space < 0 ? cut : cut.slice(0, space), end);
  }

  private static Object words(Text text) {
    long words = 0;
    boolean inside = false;
    for (int point : text.value().codePoints().toArray()) {
      boolean part = Character.isLetterOrDigit(point) || point == '_';
      words += part && !inside ? 1 : 0;
      inside = part;
    }
    return words;
  }

  private static Text urlEncoded(Text text) {
    var out = new TextBuilder();
    int at = 0;
    while (at < text.units()) {
      int point = text.value().codePointAt(at);
      boolean plain =
          point < 128 && (Character.isLetterOrDigit(point) || "_.-~/".indexOf(point) >= 0);
      if (plain) {
        out.append(text.slice(at, at + 1));
      } else {
        for (byte b : Character.toString(point).getBytes(StandardCharsets.UTF_8)) {
          out.append("%%%02X".formatted(b & 0xFF), text.isUser(at));
        }
      }
      at += Character.charCount(point);
    }
    return out.toText();
  }
}

package org.millrace.inference.template.jinja;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Python's {@code "%s of %d" % values}. */
final class PercentFormat {
  private static final Pattern DIRECTIVE =
      Pattern.compile(
          "%(?:\\((?<key>[^)]*)\\))?(?<flags>[-+ 0#]*)(?<width>\\d{0,4})(?:\\.(?<precision>\\d{1,3}))?(?<kind>.)",
          Pattern.DOTALL);

  private final List<Object> values;
  private final Object whole;
  private int next;

  private PercentFormat(Object whole) {
    this.whole = whole;
    this.values = whole instanceof Tuple tuple ? tuple.items() : List.of(whole);
  }

  static Text format(Text format, Object values) {
    var run = new PercentFormat(values);
    var out = new TextBuilder();
    Matcher directive = DIRECTIVE.matcher(format.value());
    int at = 0;
    while (directive.find(at)) {
      out.append(format.slice(at, directive.start()));
      out.append(run.one(directive));
      at = directive.end();
    }
    out.append(format.slice(at, format.units()));
    if (run.next < run.values.size() && !(values instanceof Map<?, ?>)) {
      throw JinjaException.typeError("not all arguments converted during string formatting");
    }
    return out.toText().asSafe(format.safe());
  }

  private Text one(Matcher directive) {
    char kind = directive.group("kind").charAt(0);
    if (kind == '%') {
      return Text.of("%");
    }
    Object value = value(directive.group("key"));
    String precision = directive.group("precision");
    Text text =
        switch (kind) {
          case 's' -> cut(Writing.str(value), precision);
          case 'r' -> cut(Writing.repr(value), precision);
          case 'd', 'i' -> Text.of(Long.toString(truncated(value)));
          case 'x' -> Text.of(Long.toHexString(truncated(value)));
          case 'X' -> Text.of(Long.toHexString(truncated(value)).toUpperCase(Locale.ROOT));
          case 'f', 'F', 'e', 'E' ->
              Text.of(
                  ("%." + (precision == null ? "6" : precision) + (kind == 'F' ? 'f' : kind))
                      .formatted(Numbers.real(value)));
          case 'g', 'G' -> Text.of(Numbers.repr(Numbers.real(value)));
          default ->
              throw new JinjaException("ValueError", "unsupported format character '" + kind + "'");
        };
    return padded(text, directive.group("flags"), directive.group("width"));
  }

  private Object value(@org.jspecify.annotations.Nullable String key) {
    if (key != null) {
      Object found = whole instanceof Map<?, ?> map ? map.get(Text.of(key)) : null;
      if (found == null) {
        throw new JinjaException("KeyError", "'" + key + "'");
      }
      return found;
    }
    if (next >= values.size()) {
      throw JinjaException.typeError("not enough arguments for format string");
    }
    return values.get(next++);
  }

  private static long truncated(Object value) {
    return value instanceof Double real ? (long) real.doubleValue() : Numbers.whole(value);
  }

  private static Text cut(Text text, @org.jspecify.annotations.Nullable String precision) {
    if (precision == null) {
      return text;
    }
    return text.slice(0, text.offset(Math.min(text.length(), Integer.parseInt(precision))));
  }

  private static Text padded(Text text, String flags, String width) {
    Text signed =
        flags.contains("+") && !text.value().startsWith("-")
            ? new TextBuilder().append("+").append(text).toText()
            : text;
    int missing = width.isEmpty() ? 0 : Integer.parseInt(width) - signed.length();
    if (missing <= 0) {
      return signed;
    }
    var out = new TextBuilder();
    if (flags.contains("-")) {
      return out.append(signed).append(" ".repeat(missing)).toText();
    }
    return out.append((flags.contains("0") ? "0" : " ").repeat(missing)).append(signed).toText();
  }
}

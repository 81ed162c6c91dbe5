package org.millrace.inference.template.jinja;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Python's {@code "{} of {name}".format(...)}, without format specifications other than {@code
 * .Nf}, {@code d} and {@code s}.
 */
final class BraceFormat {
  private static final Pattern FIELD =
      Pattern.compile(
          "\\{\\{|\\}\\}|\\{(?<name>[A-Za-z0-9_]*)(?:!(?<conversion>[rs]))?(?::(?<spec>[^{}]*))?\\}");
  private static final Pattern DECIMALS = Pattern.compile("\\.(\\d{1,2})f");

  private BraceFormat() {}

  static Text format(Text format, CallArguments arguments) {
    var out = new TextBuilder();
    Matcher field = FIELD.matcher(format.value());
    int at = 0;
    int next = 0;
    while (field.find(at)) {
      out.append(format.slice(at, field.start()));
      at = field.end();
      String name = field.group("name");
      if (name == null) {
        out.append(format.slice(field.start(), field.start() + 1));
        continue;
      }
      Object value = name.isEmpty() ? indexed(arguments, next++) : named(arguments, name);
      out.append(written(value, field.group("conversion"), field.group("spec")));
    }
    return out.append(format.slice(at, format.units())).toText().asSafe(format.safe());
  }

  private static Object named(CallArguments arguments, String name) {
    if (name.chars().allMatch(c -> c >= '0' && c <= '9')) {
      return indexed(arguments, name.length() > 4 ? Integer.MAX_VALUE : Integer.parseInt(name));
    }
    Object value = arguments.named().get(name);
    if (value == null) {
      throw new JinjaException("KeyError", "'" + name + "'");
    }
    return value;
  }

  private static Object indexed(CallArguments arguments, int index) {
    if (index >= arguments.count()) {
      throw new JinjaException(
          "IndexError",
          "Replacement index %d out of range for positional args tuple".formatted(index));
    }
    return arguments.positional().get(index);
  }

  private static Text written(
      Object value,
      @org.jspecify.annotations.Nullable String conversion,
      @org.jspecify.annotations.Nullable String spec) {
    if ("r".equals(conversion)) {
      return Writing.repr(value);
    }
    if (spec == null || spec.isEmpty() || spec.equals("s") || spec.equals("d")) {
      return Writing.str(value);
    }
    Matcher decimals = DECIMALS.matcher(spec);
    if (decimals.matches()) {
      return Text.of(("%." + decimals.group(1) + "f").formatted(Numbers.real(value)));
    }
    throw new JinjaException("ValueError", "Unsupported format specification '" + spec + "'");
  }
}

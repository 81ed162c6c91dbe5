package org.millrace.inference.template.jinja;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Jinja's filters by name, together with {@code tojson} as chat templates have it. */
final class Filters {
  /** A filter: the value in front of the bar, and the arguments behind. */
  @FunctionalInterface
  interface Filter {
    Object apply(Object value, CallArguments arguments, Interpreter interpreter);
  }

  private static final Map<String, Filter> BY_NAME = new HashMap<>();

  static {
    TextFilters.register(BY_NAME);
    SequenceFilters.register(BY_NAME);
    BY_NAME.put("tojson", (value, arguments, i) -> Json.filter(value, arguments));
    BY_NAME.put("default", (value, arguments, i) -> otherwise(value, arguments));
    BY_NAME.put("d", (value, arguments, i) -> otherwise(value, arguments));
    BY_NAME.put("int", (value, arguments, i) -> toInt(value, arguments));
    BY_NAME.put("float", (value, arguments, i) -> toFloat(value, arguments));
    BY_NAME.put("abs", (value, arguments, i) -> abs(value));
    BY_NAME.put("round", (value, arguments, i) -> round(value, arguments));
    BY_NAME.put(
        "attr",
        (value, arguments, i) -> {
          String name = arguments.text(0, "name").value();
          return value instanceof Map<?, ?>
              ? Access.missing(value, name)
              : Access.attribute(value, name);
        });
  }

  private Filters() {}

  static boolean exists(String name) {
    return BY_NAME.containsKey(name);
  }

  static Object apply(String name, Object value, CallArguments arguments, Interpreter interpreter) {
    @Nullable Filter filter = BY_NAME.get(name);
    if (filter == null) {
      throw new JinjaException("TemplateAssertionError", "No filter named '" + name + "'.");
    }
    return filter.apply(value, arguments, interpreter);
  }

  private static Object otherwise(Object value, CallArguments arguments) {
    boolean alsoFalse = Values.truth(arguments.get(1, "boolean", false));
    boolean missing = value instanceof Undefined || alsoFalse && !Values.truth(value);
    return missing ? arguments.get(0, "default_value", Text.EMPTY) : value;
  }

  private static Object toInt(Object value, CallArguments arguments) {
    Object otherwise = arguments.get(0, "default", 0L);
    return switch (value) {
      case Long whole -> whole;
      case Boolean truth -> truth ? 1L : 0L;
      case Double real -> real.isNaN() || real.isInfinite() ? otherwise : (Object) real.longValue();
      case Text text ->
          parsedInt(text.value().strip(), arguments.integer(1, "base", 10), otherwise);
      default -> otherwise;
    };
  }

  private static Object parsedInt(String digits, int base, Object otherwise) {
    try {
      return Long.parseLong(digits.replace("_", ""), Math.clamp(base, 2, 36));
    } catch (NumberFormatException noInteger) {
      Double real = parsedDouble(digits);
      return real == null || real.isNaN() || real.isInfinite() ? otherwise : real.longValue();
    }
  }

  private static @Nullable Double parsedDouble(String digits) {
    try {
      return Double.parseDouble(digits);
    } catch (NumberFormatException noNumber) {
      return null;
    }
  }

  private static Object toFloat(Object value, CallArguments arguments) {
    Object otherwise = arguments.get(0, "default", 0.0);
    if (value instanceof Text text) {
      Double parsed = parsedDouble(text.value().strip());
      return parsed == null ? otherwise : parsed;
    }
    return Numbers.isNumber(value) ? (Object) Numbers.real(value) : otherwise;
  }

  private static Object abs(Object value) {
    if (value instanceof Double real) {
      return Math.abs(real);
    }
    return Math.abs(Numbers.whole(value));
  }

  private static Object round(Object value, CallArguments arguments) {
    int precision = Math.clamp(arguments.integer(0, "precision", 0), -300, 300);
    String method = Writing.str(arguments.get(1, "method", Text.of("common"))).value();
    double scale = Math.pow(10, precision);
    double scaled = Numbers.real(value) * scale;
    return switch (method) {
      case "ceil" -> Math.ceil(scaled) / scale;
      case "floor" -> Math.floor(scaled) / scale;
      default -> Math.rint(scaled) / scale;
    };
  }
}

package org.millrace.inference.template.jinja;

import java.math.BigInteger;
import java.util.List;
import java.util.Map;

/** What stands after {@code is}. */
final class Tests {
  private Tests() {}

  static boolean test(String name, Object value, List<Object> arguments) {
    return switch (name) {
      case "defined" -> !(value instanceof Undefined);
      case "undefined" -> value instanceof Undefined;
      case "none" -> value instanceof None;
      case "boolean" -> value instanceof Boolean;
      case "true" -> Boolean.TRUE.equals(value);
      case "false" -> Boolean.FALSE.equals(value);
      case "integer" -> value instanceof Long || value instanceof BigInteger;
      case "float" -> value instanceof Double;
      case "number" -> Numbers.isNumber(value);
      case "string" -> value instanceof Text;
      case "mapping" -> value instanceof Map<?, ?>;
      case "iterable" -> Values.itemsOrNull(value) != null;
      case "sequence" -> sequence(value);
      case "callable" -> value instanceof Callable || value instanceof LoopState;
      case "escaped" -> value instanceof Text text && text.safe();
      case "filter" -> Filters.exists(Values.needText(value).value());
      case "test" -> exists(Values.needText(value).value());
      case "odd" -> Math.floorMod(Numbers.whole(value), 2) == 1;
      case "even" -> Math.floorMod(Numbers.whole(value), 2) == 0;
      case "lower" -> cased(value, false);
      case "upper" -> cased(value, true);
      default -> withArgument(name, value, arguments);
    };
  }

  private static boolean sequence(Object value) {
    return value instanceof Text
        || value instanceof List<?>
        || value instanceof Tuple
        || value instanceof Map<?, ?>
        || value instanceof Undefined
        || value instanceof Lazy lazy && lazy.type().equals("range");
  }

  private static boolean cased(Object value, boolean upper) {
    String text = Writing.str(value).value();
    return upper
        ? TextMethods.oneCase(text, Character::isUpperCase, Character::isLowerCase)
        : TextMethods.oneCase(text, Character::isLowerCase, Character::isUpperCase);
  }

  private static boolean withArgument(String name, Object value, List<Object> arguments) {
    if (!exists(name)) {
      throw new JinjaException("TemplateAssertionError", "No test named '" + name + "'.");
    }
    if (arguments.isEmpty()) {
      throw JinjaException.typeError("test '" + name + "' needs an argument");
    }
    Object other = arguments.getFirst();
    return switch (name) {
      case "divisibleby" -> Math.floorMod(Numbers.whole(value), Numbers.whole(other)) == 0;
      case "sameas" ->
          value == other
              || !(value instanceof List<?> || value instanceof Map<?, ?>) && value.equals(other);
      case "in" -> Values.contains(other, value);
      case "eq", "equalto", "==" -> Values.equal(value, other);
      case "ne", "!=" -> !Values.equal(value, other);
      case "lt", "lessthan", "<" -> Values.compare(value, other, "<") < 0;
      case "le", "<=" -> Values.compare(value, other, "<=") <= 0;
      case "gt", "greaterthan", ">" -> Values.compare(value, other, ">") > 0;
      default -> Values.compare(value, other, ">=") >= 0;
    };
  }

  private static final List<String> NAMES =
      List.of(
          ("defined undefined none boolean true false integer float number string mapping iterable sequence callable escaped filter test odd"
                  + " even lower upper divisibleby sameas in eq equalto == ne != lt lessthan < le <= gt greaterthan > ge >=")
              .split(" ", -1));

  static boolean exists(String name) {
    return NAMES.contains(name);
  }
}

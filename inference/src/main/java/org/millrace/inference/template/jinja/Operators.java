package org.millrace.inference.template.jinja;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Python's binary operators, over all kinds of values. */
final class Operators {
  private Operators() {}

  static Object apply(String operator, Object left, Object right) {
    Values.failUndefined(left);
    if (Numbers.isNumber(left) && Numbers.isNumber(right)) {
      return Numbers.arithmetic(operator, left, right);
    }
    Values.failUndefined(right);
    return switch (operator) {
      case "+" -> add(left, right);
      case "*" -> repeat(left, right);
      default -> {
        if (operator.equals("%") && left instanceof Text format) {
          yield PercentFormat.format(format, right);
        }
        throw unsupported(operator, left, right);
      }
    };
  }

  private static Object add(Object left, Object right) {
    return switch (left) {
      case Text text when right instanceof Text other -> join(text, other);
      case List<?> items when right instanceof List<?> others -> concat(items, others);
      case Tuple(List<Object> items) when right instanceof Tuple(List<Object> others) ->
          new Tuple(concat(items, others));
      case Text text -> throw concatenation("str", right);
      case List<?> items -> throw concatenation("list", right);
      case Tuple tuple -> throw concatenation("tuple", right);
      default -> throw unsupported("+", left, right);
    };
  }

  /** Text joined with safe HTML is escaped. */
  static Text join(Text left, Text right) {
    boolean safe = left.safe() || right.safe();
    return new TextBuilder()
        .append(safe ? left.escaped() : left)
        .append(safe ? right.escaped() : right)
        .toText()
        .asSafe(safe);
  }

  private static List<Object> concat(List<?> items, List<?> others) {
    Budget.check((long) items.size() + others.size());
    var all = new ArrayList<Object>(items);
    all.addAll(others);
    return all;
  }

  private static JinjaException concatenation(String type, Object right) {
    return JinjaException.typeError(
        "can only concatenate %s (not \"%s\") to %s".formatted(type, Values.typeName(right), type));
  }

  private static Object repeat(Object left, Object right) {
    if (left instanceof Long || left instanceof Boolean) {
      return right instanceof Long || right instanceof Boolean
          ? Numbers.arithmetic("*", left, right)
          : repeated(right, Numbers.whole(left), left);
    }
    if (!(right instanceof Long) && !(right instanceof Boolean)) {
      throw unsupported("*", left, right);
    }
    return repeated(left, Numbers.whole(right), right);
  }

  private static Object repeated(Object value, long wanted, Object other) {
    long times = Math.max(0, wanted);
    return switch (value) {
      case Text text -> {
        checkRepeat(text.units(), times);
        var out = new TextBuilder();
        for (long i = 0; i < times && !text.isEmpty(); i++) {
          out.append(text);
        }
        yield out.toText().asSafe(text.safe());
      }
      case List<?> items -> copies(items, times);
      case Tuple tuple -> new Tuple(copies(tuple.items(), times));
      default -> throw unsupported("*", value, other);
    };
  }

  private static List<Object> copies(List<?> items, long times) {
    checkRepeat(items.size(), times);
    var all = new ArrayList<Object>();
    if (!items.isEmpty()) {
      Collections.nCopies((int) times, items).forEach(all::addAll);
    }
    return all;
  }

  private static void checkRepeat(int size, long times) {
    Budget.check(size == 0 ? 0 : times > Budget.TEXT_CHARS_MAX ? times : size * times);
  }

  private static JinjaException unsupported(String operator, Object left, Object right) {
    return JinjaException.typeError(
        "unsupported operand type(s) for %s: '%s' and '%s'"
            .formatted(
                operator.equals("**") ? "** or pow()" : operator,
                Values.typeName(left),
                Values.typeName(right)));
  }
}

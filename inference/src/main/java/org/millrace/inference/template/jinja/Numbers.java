package org.millrace.inference.template.jinja;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Locale;

/**
 * Python's numbers: integers (here of 64 bits; a result beyond is an error, and a larger one that a
 * user sent is written and compared only), floats, and truth values as 0 and 1.
 */
final class Numbers {
  private Numbers() {}

  static boolean isNumber(Object value) {
    return value instanceof Long
        || value instanceof Double
        || value instanceof Boolean
        || value instanceof BigInteger;
  }

  static Object parseInteger(String spelling) {
    String digits = spelling.replace("_", "").toLowerCase(Locale.ROOT);
    try {
      if (digits.startsWith("0x")) {
        return Long.parseLong(digits.substring(2), 16);
      }
      if (digits.startsWith("0o")) {
        return Long.parseLong(digits.substring(2), 8);
      }
      return digits.startsWith("0b")
          ? Long.parseLong(digits.substring(2), 2)
          : Long.parseLong(digits);
    } catch (NumberFormatException tooLarge) {
      throw overflow();
    }
  }

  /** An integer or truth value as a long. */
  static long whole(Object value) {
    return switch (value) {
      case Long number -> number;
      case Boolean truth -> truth ? 1 : 0;
      case BigInteger tooLarge -> throw overflow();
      case Undefined undefined -> throw undefined.error();
      default ->
          throw JinjaException.typeError(
              "'%s' object cannot be interpreted as an integer".formatted(Values.typeName(value)));
    };
  }

  static double real(Object value) {
    return switch (value) {
      case Double number -> number;
      case BigInteger large -> large.doubleValue();
      default -> whole(value);
    };
  }

  static int compare(Object left, Object right) {
    if (left instanceof Double || right instanceof Double) {
      double a = real(left);
      double b = real(right);
      return a == b ? 0 : Double.compare(a, b);
    }
    return left instanceof BigInteger || right instanceof BigInteger
        ? large(left).compareTo(large(right))
        : Long.compare(whole(left), whole(right));
  }

  private static BigInteger large(Object value) {
    return value instanceof BigInteger large ? large : BigInteger.valueOf(whole(value));
  }

  static Object arithmetic(String operator, Object left, Object right) {
    try {
      return left instanceof Double || right instanceof Double || operator.equals("/")
          ? realArithmetic(operator, real(left), real(right))
          : wholeArithmetic(operator, whole(left), whole(right));
    } catch (ArithmeticException tooLarge) {
      throw overflow();
    }
  }

  private static Object wholeArithmetic(String operator, long left, long right) {
    return switch (operator) {
      case "+" -> Math.addExact(left, right);
      case "-" -> Math.subtractExact(left, right);
      case "*" -> Math.multiplyExact(left, right);
      case "//" -> Math.floorDiv(left, nonZero(right));
      case "%" -> Math.floorMod(left, nonZero(right));
      default -> power(left, right);
    };
  }

  private static Object power(long base, long exponent) {
    if (exponent < 0) {
      return Math.pow(base, exponent);
    }
    long result = 1;
    for (long i = 0; i < exponent && result != 0; i++) {
      result = Math.multiplyExact(result, base);
      if (base == 1 || base == -1) {
        return base == 1 || exponent % 2 == 0 ? 1L : -1L;
      }
    }
    return result;
  }

  private static Object realArithmetic(String operator, double left, double right) {
    return switch (operator) {
      case "+" -> left + right;
      case "-" -> left - right;
      case "*" -> left * right;
      case "/" -> left / nonZero(right);
      case "//" -> Math.floor(left / nonZero(right));
      case "%" -> left - right * Math.floor(left / nonZero(right));
      default -> Math.pow(left, right);
    };
  }

  private static long nonZero(long divisor) {
    if (divisor == 0) {
      throw new JinjaException("ZeroDivisionError", "integer division or modulo by zero");
    }
    return divisor;
  }

  private static double nonZero(double divisor) {
    if (divisor == 0) {
      throw new JinjaException("ZeroDivisionError", "division by zero");
    }
    return divisor;
  }

  private static JinjaException overflow() {
    return new JinjaException("OverflowError", "an integer needs more than 64 bits");
  }

  /** Python's {@code repr} of a float: the shortest digits that give it back. */
  static String repr(double value) {
    if (Double.isNaN(value)) {
      return "nan";
    }
    if (Double.isInfinite(value)) {
      return value > 0 ? "inf" : "-inf";
    }
    if (value == 0) {
      return 1 / value < 0 ? "-0.0" : "0.0";
    }
    var shortest = new BigDecimal(Double.toString(value)).stripTrailingZeros();
    int exponent = shortest.precision() - shortest.scale() - 1;
    if (exponent >= -4 && exponent < 16) {
      String plain = shortest.toPlainString();
      return plain.indexOf('.') < 0 ? plain + ".0" : plain;
    }
    String digits = shortest.unscaledValue().abs().toString();
    String mantissa = digits.length() == 1 ? digits : digits.charAt(0) + "." + digits.substring(1);
    return "%s%se%s%02d"
        .formatted(value < 0 ? "-" : "", mantissa, exponent < 0 ? "-" : "+", Math.abs(exponent));
  }
}

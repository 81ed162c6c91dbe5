package org.millrace.inference.grammar.schema;

import static org.millrace.inference.grammar.expression.Expression.UNLIMITED;
import static org.millrace.inference.grammar.expression.Expression.literal;
import static org.millrace.inference.grammar.expression.Expression.optional;
import static org.millrace.inference.grammar.expression.Expression.sequence;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import org.millrace.inference.grammar.automaton.CodePoints;
import org.millrace.inference.grammar.expression.Expression;
import org.millrace.inference.grammar.expression.Expression.Characters;
import org.millrace.inference.grammar.expression.Expression.Choice;
import org.millrace.inference.grammar.expression.Expression.Repeat;

/**
 * Decimals of at least 0 without exponent, compared digit by digit: which texts are at least, or at
 * most, a given one. Lengths are not bounded here.
 */
final class Decimals {
  private static final Expression DIGIT = digits('0', '9');
  private static final Expression DIGITS = new Repeat(DIGIT, 0, UNLIMITED);
  private static final Expression NOT_ALL_ZERO = sequence(DIGITS, digits('1', '9'), DIGITS);
  private static final Expression POINT = literal(".");
  private static final Expression FRACTION =
      optional(sequence(POINT, new Repeat(DIGIT, 1, UNLIMITED)));

  private Decimals() {}

  /**
   * All decimals without leading zeros.
   *
   * @param fraction most digits after the point, 0 for whole numbers
   */
  static Expression all(int whole, int fraction) {
    return sequence(integer(whole - 1), fraction(fraction));
  }

  /**
   * Those of so many digits in all, none of which a reader takes for another that is not the same
   * number: doubles tell 15 digits apart.
   */
  static Expression allOfDigits(int digits, int whole, int fraction) {
    List<Expression> ways = new ArrayList<>();
    ways.add(sequence(literal("0"), fraction(Math.min(fraction, digits))));
    for (int length = 1; length <= Math.min(whole, digits); length++) {
      ways.add(
          sequence(
              digits('1', '9'),
              new Repeat(DIGIT, length - 1, length - 1),
              fraction(Math.min(fraction, digits - length))));
    }
    return new Choice(List.copyOf(ways));
  }

  private static Expression integer(int more) {
    return Expression.choice(literal("0"), sequence(digits('1', '9'), new Repeat(DIGIT, 0, more)));
  }

  private static Expression fraction(int most) {
    return most == 0 ? Expression.EMPTY : optional(sequence(POINT, new Repeat(DIGIT, 1, most)));
  }

  /** Decimals that are more than {@code bound}, or as much where not {@code strict}. */
  static Expression atLeast(BigDecimal bound, boolean strict) {
    String whole = whole(bound);
    String fraction = fraction(bound);
    List<Expression> ways = new ArrayList<>();
    ways.add(sequence(digits('1', '9'), new Repeat(DIGIT, whole.length(), UNLIMITED), FRACTION));
    for (int i = 0; i < whole.length(); i++) {
      addDiffering(ways, whole, i, (char) (whole.charAt(i) + 1), '9', FRACTION);
    }
    ways.add(sequence(literal(whole), fractionAtLeast(fraction, strict)));
    return new Choice(List.copyOf(ways));
  }

  /** Decimals that are less than {@code bound}, or as much where not {@code strict}. */
  static Expression atMost(BigDecimal bound, boolean strict) {
    String whole = whole(bound);
    String fraction = fraction(bound);
    List<Expression> ways = new ArrayList<>();
    if (whole.length() > 1) {
      ways.add(sequence(literal("0"), FRACTION));
      ways.add(sequence(digits('1', '9'), new Repeat(DIGIT, 0, whole.length() - 2), FRACTION));
    }
    for (int i = 0; i < whole.length(); i++) {
      char low = i == 0 && whole.length() > 1 ? '1' : '0';
      addDiffering(ways, whole, i, low, (char) (whole.charAt(i) - 1), FRACTION);
    }
    ways.add(sequence(literal(whole), fractionAtMost(fraction, strict)));
    return new Choice(List.copyOf(ways));
  }

  /** Texts that are like {@code digits} up to a place, and there lie within a range. */
  private static void addDiffering(
      List<Expression> ways, String digits, int place, char low, char high, Expression rest) {
    if (low <= high) {
      int left = digits.length() - place - 1;
      ways.add(
          sequence(
              literal(digits.substring(0, place)),
              digits(low, high),
              new Repeat(DIGIT, left, left),
              rest));
    }
  }

  private static Expression fractionAtLeast(String bound, boolean strict) {
    if (bound.isEmpty()) {
      return strict ? sequence(POINT, NOT_ALL_ZERO) : FRACTION;
    }
    List<Expression> ways = new ArrayList<>();
    for (int i = 0; i < bound.length(); i++) {
      if (bound.charAt(i) < '9') {
        ways.add(
            sequence(
                literal(bound.substring(0, i)), digits((char) (bound.charAt(i) + 1), '9'), DIGITS));
      }
    }
    ways.add(sequence(literal(bound), strict ? NOT_ALL_ZERO : DIGITS));
    return sequence(POINT, new Choice(List.copyOf(ways)));
  }

  private static Expression fractionAtMost(String bound, boolean strict) {
    Expression zeros = new Repeat(literal("0"), 0, UNLIMITED);
    if (bound.isEmpty()) {
      return strict ? Expression.NOTHING : optional(sequence(POINT, literal("0"), zeros));
    }
    List<Expression> ways = new ArrayList<>();
    for (int i = 0; i < bound.length(); i++) {
      if (i > 0) {
        // A beginning of the bound is less than it, because the bound does not end in 0.
        ways.add(literal(bound.substring(0, i)));
      }
      if (bound.charAt(i) > '0') {
        ways.add(
            sequence(
                literal(bound.substring(0, i)), digits('0', (char) (bound.charAt(i) - 1)), DIGITS));
      }
    }
    if (!strict) {
      ways.add(sequence(literal(bound), zeros));
    }
    return optional(sequence(POINT, new Choice(List.copyOf(ways))));
  }

  private static String whole(BigDecimal value) {
    return value.toBigInteger().toString();
  }

  private static String fraction(BigDecimal value) {
    String plain = value.stripTrailingZeros().toPlainString();
    int point = plain.indexOf('.');
    return point < 0 ? "" : plain.substring(point + 1);
  }

  private static Expression digits(char low, char high) {
    return new Characters(CodePoints.of(low, high));
  }
}

package org.millrace.inference.grammar.syntax;

import org.millrace.inference.grammar.bounds.GrammarException;
import org.millrace.inference.grammar.bounds.GrammarLimits;
import org.millrace.inference.grammar.expression.Expression;

/** A place in a text that is read character by character. */
final class Cursor {
  private final String subject;
  private final int[] points;
  private int at;

  /**
   * @param subject what the text is, for messages
   */
  Cursor(String subject, String text) {
    GrammarLimits.checkSource("the " + subject, text.length());
    this.subject = subject;
    this.points = text.codePoints().toArray();
    for (at = 0; at < points.length; at++) {
      checkWhole(points[at]);
    }
    at = 0;
  }

  /** No text in UTF-8 has half of a surrogate pair. */
  int checkWhole(int point) {
    if (point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE) {
      throw refused("half of a surrogate pair is no character");
    }
    return point;
  }

  int at() {
    return at;
  }

  void backTo(int place) {
    at = place;
  }

  boolean more() {
    return at < points.length;
  }

  int peek() {
    return at < points.length ? points[at] : -1;
  }

  int next() {
    if (!more()) {
      throw refused("it ends too early");
    }
    return points[at++];
  }

  boolean take(int point) {
    boolean there = peek() == point;
    at += there ? 1 : 0;
    return there;
  }

  boolean startsWith(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (at + i >= points.length || points[at + i] != text.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  /** Whether something like {@code [:alpha:]} stands here. */
  boolean atNamedClass() {
    if (!startsWith("[:")) {
      return false;
    }
    int i = at + 2;
    while (i < points.length && (points[i] == '^' || Character.isLetter(points[i]))) {
      i++;
    }
    return i + 1 < points.length && points[i] == ':' && points[i + 1] == ']';
  }

  /** Whether a quantifier in braces stands here; other braces are characters. */
  boolean atCount() {
    int i = at + 1;
    if (peek() != '{' || i >= points.length || !isDigit(points[i]) && points[i] != ',') {
      return false;
    }
    while (i < points.length && (isDigit(points[i]) || points[i] == ',')) {
      i++;
    }
    return i < points.length && points[i] == '}';
  }

  /** Reads a quantifier in braces: the least and the most. */
  int[] counts() {
    take('{');
    if (peek() == ',') {
      // Python counts from 0 here; elsewhere it is text.
      throw refused("a quantifier needs its first number, such as {0,5}");
    }
    int min = number();
    int max = min;
    if (take(',')) {
      max = peek() == '}' ? Expression.UNLIMITED : number();
    }
    if (!take('}')) {
      throw refused("a quantifier has more than two numbers");
    }
    if (max < min) {
      throw refused("a quantifier counts from %d to %d".formatted(min, max));
    }
    return new int[] {min, max};
  }

  private int number() {
    int value = 0;
    while (isDigit(peek())) {
      value = value * 10 + next() - '0';
      if (value > GrammarLimits.REPEATS_MAX) {
        throw refused(
            "a quantifier counts beyond %d, which is the limit"
                .formatted(GrammarLimits.REPEATS_MAX));
      }
    }
    return value;
  }

  /** Reads so many hexadecimal digits. */
  int hex(int digits) {
    int value = 0;
    for (int i = 0; i < digits; i++) {
      int digit = Character.digit(next(), 16);
      if (digit < 0) {
        throw refused("%d hexadecimal digits are expected".formatted(digits));
      }
      value = value * 16 + digit;
      if (value > Character.MAX_CODE_POINT) {
        throw refused("there is no character beyond 10FFFF");
      }
    }
    return value;
  }

  private static boolean isDigit(int point) {
    return point >= '0' && point <= '9';
  }

  GrammarException refused(String why) {
    return GrammarException.of("in the %s, at character %d: %s", subject, at, why);
  }
}

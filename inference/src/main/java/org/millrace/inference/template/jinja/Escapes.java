package org.millrace.inference.template.jinja;

/**
 * Python's escapes in string literals. What is no escape stays as it is written, backslash
 * included.
 */
final class Escapes {
  private static final String PLAIN = "abfnrtv\\'\"";
  private static final String MEANT = "\u0007\b\f\n\r\t\u000B\\'\"";

  private Escapes() {}

  static String decode(String literal) {
    if (literal.indexOf('\\') < 0) {
      return literal;
    }
    var out = new StringBuilder(literal.length());
    int at = 0;
    while (at < literal.length()) {
      char c = literal.charAt(at);
      if (c == '\\' && at + 1 < literal.length()) {
        at += escape(literal, at, out);
      } else {
        out.append(c);
        at++;
      }
    }
    return out.toString();
  }

  /** Returns how many characters the escape took. */
  private static int escape(String literal, int at, StringBuilder out) {
    char kind = literal.charAt(at + 1);
    int plain = PLAIN.indexOf(kind);
    if (plain >= 0) {
      out.append(MEANT.charAt(plain));
      return 2;
    }
    return switch (kind) {
      case '\n' -> 2;
      case 'x' -> 2 + number(literal, at + 2, 2, 16, out);
      case 'u' -> 2 + number(literal, at + 2, 4, 16, out);
      case 'U' -> 2 + number(literal, at + 2, 8, 16, out);
      case '0', '1', '2', '3', '4', '5', '6', '7' -> 1 + octal(literal, at + 1, out);
      default -> {
        out.append('\\').append(kind);
        yield 2;
      }
    };
  }

  private static int octal(String literal, int from, StringBuilder out) {
    int digits = 1;
    while (digits < 3
        && from + digits < literal.length()
        && Character.digit(literal.charAt(from + digits), 8) >= 0) {
      digits++;
    }
    return number(literal, from, digits, 8, out);
  }

  private static int number(String literal, int from, int digits, int radix, StringBuilder out) {
    int point = 0;
    for (int i = from; i < from + digits; i++) {
      int digit = i < literal.length() ? Character.digit(literal.charAt(i), radix) : -1;
      if (digit < 0 || point > Character.MAX_CODE_POINT) {
        throw new JinjaException(
            "TemplateSyntaxError",
            "truncated escape in a string: \\" + literal.substring(from - 1));
      }
      point = point * radix + digit;
    }
    if (point > Character.MAX_CODE_POINT) {
      throw new JinjaException("TemplateSyntaxError", "illegal Unicode character in a string");
    }
    out.appendCodePoint(point);
    return digits;
  }
}

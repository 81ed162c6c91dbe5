package org.millrace.inference.grammar.syntax;

import org.millrace.inference.grammar.automaton.CodePoints;

/** Reads what follows a backslash. */
final class EscapeParser {
  private static final CodePoints DIGITS = CodePoints.of('0', '9');
  private static final CodePoints WORD =
      DIGITS.or(CodePoints.of('a', 'z')).or(CodePoints.of('A', 'Z')).or(CodePoints.of('_', '_'));
  private static final CodePoints SPACE = CodePoints.of(" \t\n\r\f\u000B");

  /** What some reader calls white space: ECMAScript, or Unicode. */
  private static final CodePoints ANY_SPACE =
      SPACE
          .or(CodePoints.of(0x1C, 0x1F))
          .or(CodePoints.of("\u0085\u00A0\u1680\u2028\u2029\u202F\u205F\u3000\uFEFF"))
          .or(CodePoints.of(0x2000, 0x200A));

  private EscapeParser() {}

  /**
   * @param negated whether what stands here is taken away. Where readers do not agree on what is
   *     white space, neither it nor its opposite is written
   */
  static CodePoints parse(Cursor cursor, boolean inClass, boolean negated) {
    int c = cursor.next();
    return switch (c) {
      case 'd' -> DIGITS;
      case 'D' -> DIGITS.not();
      case 'w' -> WORD;
      case 'W' -> WORD.not();
      case 's' -> negated ? ANY_SPACE : SPACE;
      case 'S' -> negated ? SPACE.not() : ANY_SPACE.not();
      default -> one(character(cursor, c, inClass));
    };
  }

  /** The character that an escape other than a class stands for. */
  static int character(Cursor cursor, int c, boolean inClass) {
    return switch (c) {
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case 'f' -> '\f';
      case 'v' -> 0x0B;
      case 'x' -> cursor.hex(2);
      case 'u' -> cursor.checkWhole(unicode(cursor));
      case 'U' -> cursor.checkWhole(cursor.hex(8));
      case 'b' -> {
        if (inClass) {
          yield '\b';
        }
        throw cursor.refused("word boundaries (\\b) are not supported");
      }
      case '0' -> {
        if (Character.isDigit(cursor.peek())) {
          throw cursor.refused("octal escapes are not supported");
        }
        yield 0;
      }
      default -> {
        if (c >= '1' && c <= '9' || c == 'k') {
          throw cursor.refused("references to groups are not supported");
        }
        if (c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z') {
          throw cursor.refused("the escape \\%s is not supported".formatted((char) c));
        }
        yield c;
      }
    };
  }

  private static int unicode(Cursor cursor) {
    if (!cursor.take('{')) {
      int unit = cursor.hex(4);
      if (Character.isHighSurrogate((char) unit) && cursor.startsWith("\\u")) {
        cursor.next();
        cursor.next();
        char low = (char) cursor.hex(4);
        return Character.isLowSurrogate(low) ? Character.toCodePoint((char) unit, low) : unit;
      }
      return unit;
    }
    int point = 0;
    while (!cursor.take('}')) {
      point = point * 16 + cursor.hex(1);
      if (point > CodePoints.LAST) {
        throw cursor.refused("there is no character beyond 10FFFF");
      }
    }
    return point;
  }

  private static CodePoints one(int point) {
    return CodePoints.of(point, point);
  }
}

package org.millrace.inference.grammar.syntax;

import org.millrace.inference.grammar.automaton.CodePoints;

/** Reads a character class, after its opening bracket. */
final class ClassParser {
  private ClassParser() {}

  static CodePoints parse(Cursor cursor) {
    boolean negated = cursor.take('^');
    CodePoints set = CodePoints.NONE;
    boolean first = true;
    // A bracket right at the beginning is a member, as in POSIX; "[]" alone would match nothing.
    while (first || cursor.peek() != ']') {
      if (cursor.startsWith("[:")) {
        throw cursor.refused("named classes ([:alpha:]) are not supported");
      }
      set = set.or(member(cursor));
      first = false;
    }
    cursor.next();
    return negated ? set.not() : set;
  }

  private static CodePoints member(Cursor cursor) {
    CodePoints low = single(cursor);
    if (cursor.peek() != '-' || cursor.startsWith("-]")) {
      return low;
    }
    cursor.next();
    CodePoints high = single(cursor);
    int from = only(low, cursor);
    int to = only(high, cursor);
    if (to < from) {
      throw cursor.refused("a range of a class ends before it begins");
    }
    return CodePoints.of(from, to);
  }

  private static CodePoints single(Cursor cursor) {
    int c = cursor.next();
    return c == '\\' ? EscapeParser.parse(cursor, true) : CodePoints.of(c, c);
  }

  private static int only(CodePoints set, Cursor cursor) {
    var ranges = set.ranges();
    if (ranges.size() != 1 || ranges.getFirst()[0] != ranges.getFirst()[1]) {
      throw cursor.refused("a range of a class needs a single character at both ends");
    }
    return ranges.getFirst()[0];
  }
}

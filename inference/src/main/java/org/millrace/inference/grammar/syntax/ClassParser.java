package org.millrace.inference.grammar.syntax;

import org.millrace.inference.grammar.automaton.CodePoints;

/** Reads a character class, after its opening bracket. */
final class ClassParser {
  private final Cursor cursor;
  private final boolean negated;
  private boolean hasSpace;
  private boolean hasOpposite;

  private ClassParser(Cursor cursor) {
    this.cursor = cursor;
    this.negated = cursor.take('^');
  }

  static CodePoints parse(Cursor cursor) {
    return new ClassParser(cursor).parse();
  }

  private CodePoints parse() {
    if (cursor.peek() == ']') {
      // POSIX and Python take the bracket for a member, ECMAScript for the end of an empty class.
      throw cursor.refused("a class cannot begin with ']'; write it as '\\]'");
    }
    CodePoints set = CodePoints.NONE;
    do {
      if (cursor.atNamedClass()) {
        throw cursor.refused("named classes ([:alpha:]) are not supported");
      }
      set = set.or(member());
    } while (cursor.peek() != ']');
    cursor.next();
    if (hasSpace && hasOpposite) {
      // Whatever a reader takes for white space, it is in the one or in the other.
      set = CodePoints.ALL;
    }
    return negated ? set.not() : set;
  }

  private CodePoints member() {
    CodePoints low = single();
    if (cursor.peek() != '-' || cursor.startsWith("-]")) {
      return low;
    }
    cursor.next();
    CodePoints high = single();
    int from = only(low);
    int to = only(high);
    if (to < from) {
      throw cursor.refused("a range of a class ends before it begins");
    }
    return CodePoints.of(from, to);
  }

  private CodePoints single() {
    int c = cursor.next();
    if (c != '\\') {
      return CodePoints.of(c, c);
    }
    hasSpace |= cursor.peek() == 's';
    hasOpposite |= cursor.peek() == 'S';
    return EscapeParser.parse(cursor, true, negated);
  }

  private int only(CodePoints set) {
    var ranges = set.ranges();
    if (ranges.size() != 1 || ranges.getFirst()[0] != ranges.getFirst()[1]) {
      throw cursor.refused("a range of a class needs a single character at both ends");
    }
    return ranges.getFirst()[0];
  }
}

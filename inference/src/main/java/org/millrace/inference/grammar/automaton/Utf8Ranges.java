package org.millrace.inference.grammar.automaton;

/**
 * Ranges of code points as sequences of byte ranges: RFC 3629, cut where the leading bytes change
 * (the method of Rust's utf8-ranges, after Ken Thompson's grep). What it makes is well-formed UTF-8
 * and nothing else.
 */
final class Utf8Ranges {
  private static final int[] LAST_OF_LENGTH = {0x7F, 0x7FF, 0xFFFF, CodePoints.LAST};

  private Utf8Ranges() {}

  /** Adds a path for each character from {@code low} to {@code high}, none of them a surrogate. */
  static void add(Nfa nfa, int from, int low, int high, int to) {
    for (int last : LAST_OF_LENGTH) {
      if (low <= last && last < high) {
        add(nfa, from, low, last, to);
        add(nfa, from, last + 1, high, to);
        return;
      }
    }
    for (int trailing = 1; trailing < 4 && low > 0x7F; trailing++) {
      int mask = (1 << (6 * trailing)) - 1;
      if ((low & ~mask) == (high & ~mask)) {
        continue;
      }
      if ((low & mask) != 0) {
        add(nfa, from, low, low | mask, to);
        add(nfa, from, (low | mask) + 1, high, to);
        return;
      }
      if ((high & mask) != mask) {
        add(nfa, from, low, (high & ~mask) - 1, to);
        add(nfa, from, high & ~mask, high, to);
        return;
      }
    }
    addSequence(nfa, from, encode(low), encode(high), to);
  }

  private static void addSequence(Nfa nfa, int from, int[] low, int[] high, int to) {
    int at = from;
    for (int i = 0; i < low.length; i++) {
      int next = i == low.length - 1 ? to : nfa.newState();
      nfa.addBytes(at, low[i], high[i], next);
      at = next;
    }
  }

  private static int[] encode(int point) {
    if (point <= 0x7F) {
      return new int[] {point};
    }
    if (point <= 0x7FF) {
      return new int[] {0xC0 | point >> 6, trailing(point)};
    }
    if (point <= 0xFFFF) {
      return new int[] {0xE0 | point >> 12, trailing(point >> 6), trailing(point)};
    }
    return new int[] {
      0xF0 | point >> 18, trailing(point >> 12), trailing(point >> 6), trailing(point)
    };
  }

  private static int trailing(int bits) {
    return 0x80 | bits & 0x3F;
  }
}

package org.millrace.inference.grammar.automaton;

import java.util.BitSet;

/**
 * A deterministic automaton over bytes. State 0 is the start. From every state some text leads to
 * acceptance, unless the language is empty. Immutable.
 */
public final class Dfa {
  /** No state: the bytes so far begin no text of the language. */
  public static final int DEAD = -1;

  // Per state low, high, target, low, high, target, ...: sorted, disjoint.
  private final int[][] ranges;
  private final BitSet accepting;

  Dfa(int[][] ranges, BitSet accepting) {
    this.ranges = ranges;
    this.accepting = accepting;
  }

  public int size() {
    return ranges.length;
  }

  public boolean isEmpty() {
    return accepting.isEmpty();
  }

  public boolean isAccepting(int state) {
    return accepting.get(state);
  }

  /** Low, high, target, low, high, target, ...: sorted and disjoint. Not to be written to. */
  public int[] ranges(int state) {
    return ranges[state];
  }

  /** The state after a byte of 0 to 255, or {@link #DEAD}. */
  public int next(int state, int value) {
    int[] own = ranges[state];
    for (int i = 0; i < own.length; i += 3) {
      if (value <= own[i + 1]) {
        return value >= own[i] ? own[i + 2] : DEAD;
      }
    }
    return DEAD;
  }

  /** Whether these bytes are a text of the language. */
  public boolean matches(byte[] text) {
    int state = isEmpty() ? DEAD : 0;
    for (int i = 0; i < text.length && state != DEAD; i++) {
      state = next(state, text[i] & 0xFF);
    }
    return state != DEAD && isAccepting(state);
  }
}

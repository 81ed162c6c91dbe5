package org.millrace.inference.grammar.machine;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.millrace.inference.grammar.automaton.Dfa;

/** The states of all automata of a grammar, numbered through. Not changed once it is built. */
final class Lexicon {
  private final List<int[]> ranges = new ArrayList<>();
  private final BitSet accepting = new BitSet();

  /** Adds an automaton; returns its start state. */
  int add(Dfa dfa) {
    int offset = ranges.size();
    for (int state = 0; state < dfa.size(); state++) {
      int[] own = dfa.ranges(state).clone();
      for (int i = 2; i < own.length; i += 3) {
        own[i] += offset;
      }
      ranges.add(own);
      accepting.set(offset + state, dfa.isAccepting(state));
    }
    return offset;
  }

  int size() {
    return ranges.size();
  }

  /** The kinds of all bytes with which a state goes on. */
  long kindsAfter(int state, long[] kinds) {
    int[] own = ranges.get(state);
    long all = 0;
    for (int i = 0; i < own.length; i += 3) {
      for (int value = own[i]; value <= own[i + 1]; value++) {
        all |= kinds[value];
      }
    }
    return all;
  }

  /** Bytes that it takes, about: for each state an array, and its groups by {@link Likeness}. */
  long byteSize() {
    long numbers = 0;
    for (int[] own : ranges) {
      numbers += own.length;
    }
    return numbers * Integer.BYTES + ranges.size() * (24L + Likeness.BYTES_MAX * Integer.BYTES);
  }

  int next(int state, int value) {
    int[] own = ranges.get(state);
    for (int i = 0; i < own.length; i += 3) {
      if (value <= own[i + 1]) {
        return value >= own[i] ? own[i + 2] : Dfa.DEAD;
      }
    }
    return Dfa.DEAD;
  }

  boolean isAccepting(int state) {
    return accepting.get(state);
  }

  boolean canGoOn(int state) {
    return ranges.get(state).length > 0;
  }

  int[] ranges(int state) {
    return ranges.get(state);
  }

  /** A class for each byte: bytes of one class are never told apart. */
  byte[] byteClasses() {
    var cuts = new BitSet(257);
    for (int[] own : ranges) {
      for (int i = 0; i < own.length; i += 3) {
        cuts.set(own[i]);
        cuts.set(own[i + 1] + 1);
      }
    }
    var classes = new byte[256];
    int current = 0;
    for (int value = 0; value < 256; value++) {
      if (value > 0 && cuts.get(value)) {
        current++;
      }
      classes[value] = (byte) current;
    }
    return classes;
  }
}

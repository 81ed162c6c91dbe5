package org.millrace.inference.grammar.automaton;

import java.nio.IntBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A deterministic automaton while it is built, and what makes it small. State 0 is the start. */
final class DfaDraft {
  /** Minimizing looks at every state once per round; beyond this it costs more than it saves. */
  private static final int MINIMIZED_STATES_MAX = 3_000;

  private final List<int[]> ranges = new ArrayList<>();
  private final BitSet accepting = new BitSet();

  int newState(boolean accepts) {
    accepting.set(ranges.size(), accepts);
    ranges.add(new int[0]);
    return ranges.size() - 1;
  }

  int size() {
    return ranges.size();
  }

  /** Ranges of a state must be added in order. */
  void addRange(int from, int low, int high, int to) {
    int[] old = ranges.get(from);
    int end = old.length;
    if (end > 0 && old[end - 1] == to && old[end - 2] == low - 1) {
      old[end - 2] = high;
      return;
    }
    int[] more = Arrays.copyOf(old, end + 3);
    more[end] = low;
    more[end + 1] = high;
    more[end + 2] = to;
    ranges.set(from, more);
  }

  Dfa build() {
    int[] names = namesOfLive();
    if (names[0] < 0) {
      return new Dfa(new int[][] {new int[0]}, new BitSet());
    }
    Dfa live = renamed(names);
    return live.size() > MINIMIZED_STATES_MAX ? live : minimized(live);
  }

  /** New numbers for the states from which acceptance can be reached, -1 for the others. */
  private int[] namesOfLive() {
    var live = (BitSet) accepting.clone();
    boolean grown = true;
    while (grown) {
      grown = false;
      // Backwards, because most moves lead to states made later.
      for (int state = ranges.size() - 1; state >= 0; state--) {
        if (!live.get(state) && reaches(state, live)) {
          live.set(state);
          grown = true;
        }
      }
    }
    int[] names = new int[ranges.size()];
    int next = 0;
    for (int state = 0; state < names.length; state++) {
      names[state] = live.get(state) ? next++ : -1;
    }
    return names;
  }

  private boolean reaches(int state, BitSet live) {
    int[] own = ranges.get(state);
    for (int i = 2; i < own.length; i += 3) {
      if (live.get(own[i])) {
        return true;
      }
    }
    return false;
  }

  private Dfa renamed(int[] names) {
    var kept = new DfaDraft();
    for (int state = 0; state < names.length; state++) {
      if (names[state] >= 0) {
        kept.newState(accepting.get(state));
      }
    }
    for (int state = 0; state < names.length; state++) {
      if (names[state] >= 0) {
        kept.addRenamed(names[state], ranges.get(state), names);
      }
    }
    return new Dfa(kept.ranges.toArray(int[][]::new), kept.accepting);
  }

  private void addRenamed(int state, int[] old, int[] names) {
    for (int i = 0; i < old.length; i += 3) {
      if (names[old[i + 2]] >= 0) {
        addRange(state, old[i], old[i + 1], names[old[i + 2]]);
      }
    }
  }

  /** Moore's algorithm: states are split while they behave differently. */
  private static Dfa minimized(Dfa dfa) {
    int[] groups = new int[dfa.size()];
    int count = 1;
    for (int state = 0; state < groups.length; state++) {
      groups[state] = dfa.isAccepting(state) ? 1 : 0;
    }
    while (true) {
      Map<IntBuffer, Integer> seen = new HashMap<>();
      int[] next = new int[groups.length];
      for (int state = 0; state < groups.length; state++) {
        IntBuffer behaviour = behaviour(dfa, state, groups);
        Integer group = seen.putIfAbsent(behaviour, seen.size());
        next[state] = group == null ? seen.size() - 1 : group;
      }
      if (seen.size() == count) {
        return merged(dfa, next, count);
      }
      count = seen.size();
      groups = next;
    }
  }

  private static IntBuffer behaviour(Dfa dfa, int state, int[] groups) {
    int[] own = dfa.ranges(state);
    int[] key = new int[own.length + 1];
    key[0] = groups[state];
    int end = 1;
    for (int i = 0; i < own.length; i += 3) {
      int group = groups[own[i + 2]];
      if (end > 1 && key[end - 1] == group && key[end - 2] == own[i] - 1) {
        key[end - 2] = own[i + 1];
      } else {
        key[end++] = own[i];
        key[end++] = own[i + 1];
        key[end++] = group;
      }
    }
    return IntBuffer.wrap(key, 0, end);
  }

  /** State 0 comes first, so its group is 0. */
  private static Dfa merged(Dfa dfa, int[] groups, int count) {
    var small = new DfaDraft();
    int[] first = new int[count];
    Arrays.fill(first, -1);
    for (int state = 0; state < groups.length; state++) {
      if (first[groups[state]] < 0) {
        first[groups[state]] = state;
        small.newState(dfa.isAccepting(state));
      }
    }
    for (int group = 0; group < count; group++) {
      small.addRenamed(group, dfa.ranges(first[group]), groups);
    }
    return new Dfa(small.ranges.toArray(int[][]::new), small.accepting);
  }
}

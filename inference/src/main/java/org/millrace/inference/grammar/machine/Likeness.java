package org.millrace.inference.grammar.machine;

import java.nio.IntBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * For how many bytes states of a {@link Lexicon} cannot be told apart, found once for all of them:
 * level by level, as in the table-filling minimization of automata (Moore 1956). States are of one
 * group of level n if the same texts of up to n + 1 bytes can follow them, and what ends within
 * those is alike. Whether the states themselves accept says nothing here: what follows an end that
 * was reached already is among the other readings.
 *
 * <p>Not changed once it is built.
 */
final class Likeness {
  /** More states are not looked at: it would take more than some milliseconds. */
  static final int STATES_MAX = 4_096;

  /** Longer tokens are rare. */
  static final int BYTES_MAX = 32;

  private final List<int[]> levels = new ArrayList<>();
  private boolean settled;

  Likeness(Lexicon lexicon) {
    int[] before = new int[lexicon.size()];
    int groups = 0;
    for (int level = 0; level < BYTES_MAX && !settled; level++) {
      int[] next = new int[before.length];
      int count = group(lexicon, before, level == 0, next);
      settled = level > 0 && count == groups;
      groups = count;
      if (!settled) {
        levels.add(next);
        before = next;
      }
    }
  }

  /** Returns how many groups there are. */
  private static int group(Lexicon lexicon, int[] before, boolean first, int[] groups) {
    Map<IntBuffer, Integer> seen = new HashMap<>();
    for (int state = 0; state < groups.length; state++) {
      IntBuffer behaviour = behaviour(lexicon, state, before, first);
      Integer known = seen.putIfAbsent(behaviour, seen.size());
      groups[state] = known == null ? seen.size() - 1 : known;
    }
    return seen.size();
  }

  private static IntBuffer behaviour(Lexicon lexicon, int state, int[] before, boolean first) {
    int[] own = lexicon.ranges(state);
    int[] key = new int[own.length];
    int end = 0;
    for (int i = 0; i < own.length; i += 3) {
      int target = own[i + 2];
      int group = first ? 0 : 2 * before[target] + (lexicon.isAccepting(target) ? 1 : 0);
      if (end > 0 && key[end - 1] == group && key[end - 2] == own[i] - 1) {
        key[end - 2] = own[i + 1];
      } else {
        key[end++] = own[i];
        key[end++] = own[i + 1];
        key[end++] = group;
      }
    }
    return IntBuffer.wrap(Arrays.copyOf(key, end));
  }

  /** Bytes for which two states go on alike: {@link Agreement#WHOLLY}, or up to the most known. */
  int bytes(int one, int other) {
    if (one == other) {
      return Agreement.WHOLLY;
    }
    for (int level = 0; level < levels.size(); level++) {
      if (levels.get(level)[one] != levels.get(level)[other]) {
        return level;
      }
    }
    return settled ? Agreement.WHOLLY : levels.size();
  }
}

package org.millrace.inference.grammar.automaton;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import org.millrace.inference.grammar.bounds.Budget;

/**
 * A nondeterministic automaton while it is built: states with byte ranges and empty moves. One
 * start, one accepting state.
 */
public final class Nfa {
  private final Budget budget;
  private final List<int[]> ranges = new ArrayList<>();
  private final List<int[]> empties = new ArrayList<>();
  private static final int[] NONE = new int[0];

  public Nfa(Budget budget) {
    this.budget = budget;
  }

  public int newState() {
    budget.takeStates(1);
    ranges.add(NONE);
    empties.add(NONE);
    return ranges.size() - 1;
  }

  /** Goes from one state to another over the bytes {@code low} to {@code high}, both included. */
  public void addBytes(int from, int low, int high, int to) {
    int[] old = ranges.get(from);
    int[] more = Arrays.copyOf(old, old.length + 3);
    more[old.length] = low;
    more[old.length + 1] = high;
    more[old.length + 2] = to;
    ranges.set(from, more);
  }

  /** Goes from one state to another over nothing. */
  public void addEmpty(int from, int to) {
    int[] old = empties.get(from);
    int[] more = Arrays.copyOf(old, old.length + 1);
    more[old.length] = to;
    empties.set(from, more);
  }

  /** Goes from one state to another over one character of the set, as UTF-8. */
  public void addCharacter(int from, CodePoints set, int to) {
    for (int[] range : set.ranges()) {
      Utf8Ranges.add(this, from, range[0], range[1], to);
    }
  }

  /** Low, high, target, low, high, target, ... */
  int[] ranges(int state) {
    return ranges.get(state);
  }

  int size() {
    return ranges.size();
  }

  /** Adds to the set what its states reach over nothing. */
  void close(BitSet set) {
    var waiting = set.stream().toArray();
    int count = waiting.length;
    while (count > 0) {
      for (int to : empties.get(waiting[--count])) {
        if (!set.get(to)) {
          set.set(to);
          if (count == waiting.length) {
            waiting = Arrays.copyOf(waiting, Math.max(8, count * 2));
          }
          waiting[count++] = to;
        }
      }
    }
  }
}

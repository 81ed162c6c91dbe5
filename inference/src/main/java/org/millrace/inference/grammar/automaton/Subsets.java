package org.millrace.inference.grammar.automaton;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.millrace.inference.grammar.bounds.Budget;

/** The subset construction (Rabin and Scott 1959): each state is a set of states. */
public final class Subsets {
  private final Nfa nfa;
  private final int accept;
  private final Budget budget;
  private final DfaDraft draft = new DfaDraft();
  private final Map<BitSet, Integer> names = new HashMap<>();
  private final List<BitSet> sets = new ArrayList<>();

  private Subsets(Nfa nfa, int accept, Budget budget) {
    this.nfa = nfa;
    this.accept = accept;
    this.budget = budget;
  }

  /** The smallest deterministic automaton of the same language. */
  public static Dfa determinize(Nfa nfa, int start, int accept, Budget budget) {
    var subsets = new Subsets(nfa, accept, budget);
    var first = new BitSet(nfa.size());
    first.set(start);
    nfa.close(first);
    subsets.name(first);
    for (int state = 0; state < subsets.sets.size(); state++) {
      subsets.expand(state);
    }
    return subsets.draft.build();
  }

  private int name(BitSet set) {
    Integer known = names.get(set);
    if (known != null) {
      return known;
    }
    budget.takeStates(1);
    names.put(set, sets.size());
    sets.add(set);
    return draft.newState(set.get(accept));
  }

  private void expand(int state) {
    int[] members = sets.get(state).stream().toArray();
    var cuts = new BitSet(257);
    for (int member : members) {
      int[] ranges = nfa.ranges(member);
      for (int i = 0; i < ranges.length; i += 3) {
        cuts.set(ranges[i]);
        cuts.set(ranges[i + 1] + 1);
      }
    }
    int low = cuts.nextSetBit(0);
    while (low >= 0 && low <= 255) {
      int end = cuts.nextSetBit(low + 1);
      BitSet targets = targets(members, low);
      if (!targets.isEmpty()) {
        nfa.close(targets);
        draft.addRange(state, low, end - 1, name(targets));
      }
      low = end;
    }
  }

  private BitSet targets(int[] members, int value) {
    var targets = new BitSet(nfa.size());
    for (int member : members) {
      int[] ranges = nfa.ranges(member);
      for (int i = 0; i < ranges.length; i += 3) {
        if (ranges[i] <= value && value <= ranges[i + 1]) {
          targets.set(ranges[i + 2]);
        }
      }
    }
    return targets;
  }
}

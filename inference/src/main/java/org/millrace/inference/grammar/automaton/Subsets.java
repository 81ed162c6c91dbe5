package org.millrace.inference.grammar.automaton;

import java.nio.IntBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.millrace.inference.grammar.bounds.Budget;

/** The subset construction (Rabin and Scott 1959): each state is a set of states. */
public final class Subsets {
  /** Larger sets count as more states, because they take the room of more. */
  private static final int MEMBERS_PER_STATE = 8;

  private final Nfa nfa;
  private final int accept;
  private final Budget budget;
  private final DfaDraft draft = new DfaDraft();
  // Members as sorted lists: sets of few among very many are usual.
  private final Map<IntBuffer, Integer> names = new HashMap<>();
  private final List<int[]> sets = new ArrayList<>();
  private final BitSet targets;

  private Subsets(Nfa nfa, int accept, Budget budget) {
    this.nfa = nfa;
    this.accept = accept;
    this.budget = budget;
    this.targets = new BitSet(nfa.size());
  }

  /** The smallest deterministic automaton of the same language. */
  public static Dfa determinize(Nfa nfa, int start, int accept, Budget budget) {
    var subsets = new Subsets(nfa, accept, budget);
    subsets.targets.set(start);
    subsets.nameTargets();
    for (int state = 0; state < subsets.sets.size(); state++) {
      subsets.expand(state);
    }
    return subsets.draft.build();
  }

  /** The state of what was gathered last, with all that it reaches over nothing. */
  private int nameTargets() {
    nfa.close(targets);
    int[] members = targets.stream().toArray();
    Integer known = names.get(IntBuffer.wrap(members));
    if (known != null) {
      return known;
    }
    budget.takeStates(1 + members.length / MEMBERS_PER_STATE);
    names.put(IntBuffer.wrap(members), sets.size());
    sets.add(members);
    return draft.newState(targets.get(accept));
  }

  private void expand(int state) {
    int[] members = sets.get(state);
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
      gatherTargets(members, low);
      if (!targets.isEmpty()) {
        draft.addRange(state, low, end - 1, nameTargets());
      }
      low = end;
    }
  }

  private void gatherTargets(int[] members, int value) {
    targets.clear();
    for (int member : members) {
      int[] ranges = nfa.ranges(member);
      for (int i = 0; i < ranges.length; i += 3) {
        if (ranges[i] <= value && value <= ranges[i + 1]) {
          targets.set(ranges[i + 2]);
        }
      }
    }
  }
}

package org.millrace.inference.grammar.automaton;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.millrace.inference.grammar.bounds.Budget;

/** Languages made of two: both at once, or one without the other. */
public final class Products {
  private final Dfa left;
  private final Dfa right;
  private final boolean both;
  private final Budget budget;
  private final DfaDraft draft = new DfaDraft();
  private final Map<Long, Integer> names = new HashMap<>();
  private final List<int[]> pairs = new ArrayList<>();

  private Products(Dfa left, Dfa right, boolean both, Budget budget) {
    this.left = left;
    this.right = right;
    this.both = both;
    this.budget = budget;
  }

  /** The texts that are in both languages. */
  public static Dfa intersect(Dfa left, Dfa right, Budget budget) {
    return new Products(left, right, true, budget).build();
  }

  /** The texts of {@code left} that are not in {@code right}. */
  public static Dfa subtract(Dfa left, Dfa right, Budget budget) {
    return new Products(left, right, false, budget).build();
  }

  private Dfa build() {
    name(0, 0);
    for (int pair = 0; pair < pairs.size(); pair++) {
      expand(pair);
    }
    return draft.build();
  }

  private int name(int a, int b) {
    long key = (long) a << 32 | b & 0xFFFFFFFFL;
    Integer known = names.get(key);
    if (known != null) {
      return known;
    }
    budget.takeStates(1);
    names.put(key, pairs.size());
    pairs.add(new int[] {a, b});
    boolean inRight = b != Dfa.DEAD && right.isAccepting(b);
    return draft.newState(left.isAccepting(a) && inRight == both);
  }

  private void expand(int pair) {
    int a = pairs.get(pair)[0];
    int b = pairs.get(pair)[1];
    int[] ranges = left.ranges(a);
    for (int i = 0; i < ranges.length; i += 3) {
      int low = ranges[i];
      while (low <= ranges[i + 1]) {
        int end = Math.min(ranges[i + 1], endOfRun(b, low));
        int to = b == Dfa.DEAD ? Dfa.DEAD : right.next(b, low);
        if (to != Dfa.DEAD || !both) {
          draft.addRange(pair, low, end, name(ranges[i + 2], to));
        }
        low = end + 1;
      }
    }
  }

  /** The last byte from {@code low} on up to which the right side does the same. */
  private int endOfRun(int b, int low) {
    if (b == Dfa.DEAD) {
      return 255;
    }
    int[] ranges = right.ranges(b);
    for (int i = 0; i < ranges.length; i += 3) {
      if (low < ranges[i]) {
        return ranges[i] - 1;
      }
      if (low <= ranges[i + 1]) {
        return ranges[i + 1];
      }
    }
    return 255;
  }
}

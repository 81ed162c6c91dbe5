package org.millrace.inference.grammar.automaton;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.millrace.inference.grammar.bounds.Budget;

/** A finite list of texts as an automaton, in time that follows its characters. */
public final class Words {
  private final Budget budget;
  private final List<TreeMap<Integer, Integer>> children = new ArrayList<>();
  private final BitSet ends = new BitSet();

  private Words(Budget budget) {
    this.budget = budget;
  }

  /** Exactly these texts. */
  public static Dfa of(Collection<String> texts, Budget budget) {
    var words = new Words(budget);
    words.newNode();
    for (String text : texts) {
      words.add(text.getBytes(StandardCharsets.UTF_8));
    }
    return words.build();
  }

  private int newNode() {
    budget.takeStates(1);
    children.add(new TreeMap<>());
    return children.size() - 1;
  }

  private void add(byte[] text) {
    int at = 0;
    for (byte value : text) {
      Integer next = children.get(at).get(value & 0xFF);
      if (next == null) {
        next = newNode();
        children.get(at).put(value & 0xFF, next);
      }
      at = next;
    }
    ends.set(at);
  }

  private Dfa build() {
    var draft = new DfaDraft();
    for (int node = 0; node < children.size(); node++) {
      draft.newState(ends.get(node));
    }
    for (int node = 0; node < children.size(); node++) {
      for (Map.Entry<Integer, Integer> child : children.get(node).entrySet()) {
        draft.addRange(node, child.getKey(), child.getKey(), child.getValue());
      }
    }
    return draft.build();
  }
}

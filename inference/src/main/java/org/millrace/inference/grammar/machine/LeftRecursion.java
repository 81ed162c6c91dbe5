package org.millrace.inference.grammar.machine;

import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Deque;
import java.util.List;
import org.millrace.inference.grammar.bounds.GrammarException;

/**
 * Finds rules that come back to themselves before anything was read: the stack would grow without
 * end.
 */
final class LeftRecursion {
  private final List<Node> nodes;
  private final Lexicon lexicon;
  private final int[] entries;
  private final BitSet empty = new BitSet();

  private LeftRecursion(List<Node> nodes, Lexicon lexicon, int[] entries) {
    this.nodes = nodes;
    this.lexicon = lexicon;
    this.entries = entries;
  }

  /**
   * @throws GrammarException naming the rule
   */
  static void refuse(List<Node> nodes, Lexicon lexicon, int[] entries, List<String> names) {
    var search = new LeftRecursion(nodes, lexicon, entries);
    search.findEmpty();
    BitSet[] first = new BitSet[entries.length];
    for (int rule = 0; rule < entries.length; rule++) {
      first[rule] = search.firstCalls(entries[rule]);
    }
    boolean grown = true;
    while (grown) {
      grown = false;
      for (BitSet calls : first) {
        int before = calls.cardinality();
        for (int called : calls.stream().toArray()) {
          calls.or(first[called]);
        }
        grown |= calls.cardinality() > before;
      }
    }
    for (int rule = 0; rule < entries.length; rule++) {
      if (first[rule].get(rule)) {
        throw GrammarException.of(
            "rule '%s' is left-recursive: it can begin with itself; write it as a repetition",
            names.get(rule));
      }
    }
  }

  /** Marks the nodes from which the end of the rule can be reached over nothing. */
  private void findEmpty() {
    boolean grown = true;
    while (grown) {
      int before = empty.cardinality();
      for (int node = 0; node < nodes.size(); node++) {
        if (isEmpty(nodes.get(node))) {
          empty.set(node);
        }
      }
      grown = empty.cardinality() > before;
    }
  }

  private boolean isEmpty(Node node) {
    return switch (node) {
      case Node.Terminal(int state, int next) -> lexicon.isAccepting(state) && empty.get(next);
      case Node.Call(int rule, int next) -> empty.get(entries[rule]) && empty.get(next);
      case Node.Split(var ways) -> ways.stream().anyMatch(empty::get);
      case Node.Loop(int body, int min, int max, int next) ->
          (min == 0 || empty.get(body)) && empty.get(next);
      case Node.Return() -> true;
    };
  }

  /** The rules called before anything is read. */
  private BitSet firstCalls(int entry) {
    var calls = new BitSet();
    var seen = new BitSet();
    Deque<Integer> waiting = new ArrayDeque<>(List.of(entry));
    while (!waiting.isEmpty()) {
      int node = waiting.pop();
      if (seen.get(node)) {
        continue;
      }
      seen.set(node);
      switch (nodes.get(node)) {
        case Node.Terminal(int state, int next) -> {
          if (lexicon.isAccepting(state)) {
            waiting.push(next);
          }
        }
        case Node.Call(int rule, int next) -> {
          calls.set(rule);
          if (empty.get(entries[rule])) {
            waiting.push(next);
          }
        }
        case Node.Split(var ways) -> ways.forEach(waiting::push);
        case Node.Loop(int body, int min, int max, int next) -> {
          waiting.push(body);
          if (min == 0 || empty.get(body)) {
            waiting.push(next);
          }
        }
        case Node.Return() -> {}
      }
    }
    return calls;
  }
}

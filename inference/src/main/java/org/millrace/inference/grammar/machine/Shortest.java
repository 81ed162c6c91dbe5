package org.millrace.inference.grammar.machine;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * How many bytes the shortest text has that leads from a node to the end of its rule or loop. May
 * say less than the truth, never more; found when first asked for.
 */
final class Shortest {
  /** Longer ones need not be told apart: no token is longer. */
  private static final int BYTES_MAX = 1_024;

  private static final int STATES_MAX = 2_048;

  /** Nodes on a way that are looked at; thousands in a row must not exhaust the thread's stack. */
  private static final int NODES_MAX = 64;

  private static final int UNKNOWN = -1;

  private final Program program;
  private final int[] found;

  Shortest(Program program) {
    this.program = program;
    this.found = new int[program.nodes().size()];
    Arrays.fill(found, UNKNOWN);
  }

  int bytes(int node) {
    return bytes(node, NODES_MAX);
  }

  private int bytes(int node, int left) {
    if (left == 0) {
      return Math.max(0, found[node]);
    }
    if (found[node] == UNKNOWN) {
      // What leads back to itself on the way adds nothing.
      found[node] = 0;
      found[node] = (int) Math.min(BYTES_MAX, find(program.node(node), left - 1));
    }
    return found[node];
  }

  private long find(Node node, int left) {
    return switch (node) {
      case Node.Terminal(int state, int next) -> (long) toAcceptance(state) + bytes(next, left);
      case Node.Call(int rule, int next) ->
          (long) bytes(program.entries()[rule], left) + bytes(next, left);
      case Node.Split(var ways) -> ways.stream().mapToInt(way -> bytes(way, left)).min().orElse(0);
      case Node.Loop loop ->
          (long) loop.min() * bytes(loop.body(), left) + bytes(loop.next(), left);
      case Node.Return() -> 0;
    };
  }

  private int toAcceptance(int start) {
    Set<Integer> seen = new HashSet<>(Set.of(start));
    List<Integer> level = List.of(start);
    int bytes = 0;
    for (; bytes < BYTES_MAX && seen.size() < STATES_MAX; bytes++) {
      Set<Integer> next = new HashSet<>();
      for (int state : level) {
        if (program.lexicon().isAccepting(state)) {
          return bytes;
        }
        int[] ranges = program.lexicon().ranges(state);
        for (int i = 2; i < ranges.length; i += 3) {
          if (seen.add(ranges[i])) {
            next.add(ranges[i]);
          }
        }
      }
      level = List.copyOf(next);
      if (level.isEmpty()) {
        return bytes;
      }
    }
    return bytes;
  }
}

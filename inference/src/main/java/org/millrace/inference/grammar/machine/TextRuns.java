package org.millrace.inference.grammar.machine;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.millrace.inference.grammar.automaton.CodePoints;
import org.millrace.inference.grammar.automaton.Dfa;
import org.millrace.inference.grammar.bounds.Budget;
import org.millrace.inference.grammar.expression.Expression;
import org.millrace.inference.grammar.expression.Thompson;

/**
 * How long plain text may go on. Most of a vocabulary is plain text, and within a JSON string all
 * of it is allowed: knowing that spares looking at every token.
 *
 * <p>Plain characters are those that a JSON string holds as they are: all but controls, quotation
 * mark and backslash.
 */
final class TextRuns {
  /** Any length. */
  static final int UNLIMITED = Integer.MAX_VALUE;

  private static final CodePoints PLAIN =
      CodePoints.of(0x20, CodePoints.LAST).without(CodePoints.of("\"\\"));
  private static final Dfa PLAIN_CHARACTER =
      Thompson.automaton(new Expression.Characters(PLAIN), new Budget());
  private static final int UNKNOWN = -1;
  private static final int WAY_MAX = 256;

  private final Program program;
  private final Lexicon lexicon;
  private final int[] least;
  private final int[] most;

  TextRuns(Program program) {
    this.program = program;
    this.lexicon = program.lexicon();
    this.least = new int[lexicon.size()];
    this.most = new int[lexicon.size()];
    Arrays.fill(least, UNKNOWN);
    Arrays.fill(most, UNKNOWN);
  }

  /** So many plain characters, whichever they are, may follow. */
  int least(Configuration configuration) {
    int best = 0;
    for (Reading reading : configuration.readings) {
      find(reading.state());
      Node.Loop loop = characterLoop(reading);
      int own = loop != null ? left(loop, reading.frame()) : least[reading.state()];
      best = Math.max(best, own);
    }
    return best;
  }

  /** No more plain characters than this may follow. */
  int most(Configuration configuration) {
    int best = 0;
    for (Reading reading : configuration.readings) {
      find(reading.state());
      best = Math.max(best, most(reading));
    }
    return best;
  }

  private int most(Reading reading) {
    int own = most[reading.state()];
    if (own == 0 || own == UNLIMITED) {
      return own;
    }
    Node.Loop loop = characterLoop(reading);
    if (loop != null) {
      return beginsWithText(loop.next(), reading.frame().below(), 0)
          ? UNLIMITED
          : left(loop, reading.frame());
    }
    boolean ends = endsWithin(reading.state(), own);
    return ends && beginsWithText(reading.next(), reading.frame(), 0) ? UNLIMITED : own;
  }

  /** The loop, where this reading is at the start of a body that is one character. */
  private Node.@Nullable Loop characterLoop(Reading reading) {
    if (reading.frame().isBottom()
        || !program.isReturn(reading.next())
        || !(program.node(reading.frame().node) instanceof Node.Loop loop)
        || !(program.node(loop.body()) instanceof Node.Terminal(int start, int next))
        || start != reading.state()) {
      return null;
    }
    return least[start] == 1 && most[start] == 1 && endsWithin(start, 1) ? loop : null;
  }

  private static int left(Node.Loop loop, Frame frame) {
    return loop.max() == Integer.MAX_VALUE ? UNLIMITED : loop.max() - frame.count;
  }

  /** Whether one of the states after up to so many plain characters accepts. */
  private boolean endsWithin(int state, int characters) {
    int at = state;
    for (int i = 0; i < characters; i++) {
      Successors after = successors(at);
      if (after.states.stream().anyMatch(lexicon::isAccepting)) {
        return true;
      }
      if (after.states.size() != 1) {
        return false;
      }
      at = after.states.getFirst();
    }
    return false;
  }

  /** Errs towards yes. */
  private boolean beginsWithText(int node, Frame frame, int depth) {
    if (depth > 64) {
      return true;
    }
    return switch (program.node(node)) {
      case Node.Terminal(int state, int next) -> {
        find(state);
        yield most[state] > 0
            || lexicon.isAccepting(state) && beginsWithText(next, frame, depth + 1);
      }
      case Node.Split(var ways) ->
          ways.stream().anyMatch(way -> beginsWithText(way, frame, depth + 1));
      case Node.Return() -> !frame.isBottom() && afterReturn(frame, depth);
      case Node.Call call -> true;
      case Node.Loop loop -> true;
    };
  }

  private boolean afterReturn(Frame frame, int depth) {
    return program.node(frame.node) instanceof Node.Loop
        || beginsWithText(frame.node, frame.below(), depth + 1);
  }

  /** Follows single successors to where the answer is known, then comes back with it. */
  private void find(int state) {
    if (most[state] != UNKNOWN) {
      return;
    }
    List<Integer> way = new ArrayList<>();
    int at = state;
    while (most[at] == UNKNOWN) {
      Successors after = successors(at);
      int seen = way.indexOf(at);
      if (after.states.size() == 1 && seen < 0 && way.size() < WAY_MAX) {
        way.add(at);
        at = after.states.getFirst();
      } else {
        boolean endless = seen >= 0 && allComplete(way.subList(seen, way.size()));
        least[at] = endless ? UNLIMITED : after.complete ? 1 : 0;
        most[at] = after.states.isEmpty() ? 0 : UNLIMITED;
      }
    }
    for (int i = way.size() - 1; i >= 0; i--) {
      int before = way.get(i);
      if (most[before] == UNKNOWN) {
        least[before] = successors(before).complete ? plusOne(least[at]) : 0;
        most[before] = plusOne(most[at]);
      }
      at = before;
    }
  }

  private boolean allComplete(List<Integer> states) {
    return states.stream().allMatch(state -> successors(state).complete);
  }

  private static int plusOne(int count) {
    return count == UNLIMITED ? UNLIMITED : count + 1;
  }

  /** Where plain characters lead, and whether every one of them leads somewhere. */
  private static final class Successors {
    private final List<Integer> states = new ArrayList<>();
    private boolean complete = true;
  }

  private Successors successors(int state) {
    var result = new Successors();
    explore(0, state, result);
    return result;
  }

  private void explore(int character, int state, Successors result) {
    if (PLAIN_CHARACTER.isAccepting(character)) {
      if (!result.states.contains(state)) {
        result.states.add(state);
      }
      return;
    }
    int[] wanted = PLAIN_CHARACTER.ranges(character);
    for (int i = 0; i < wanted.length; i += 3) {
      int at = wanted[i];
      int[] given = lexicon.ranges(state);
      for (int g = 0; g < given.length && at <= wanted[i + 1]; g += 3) {
        if (given[g + 1] < at || given[g] > wanted[i + 1]) {
          continue;
        }
        result.complete &= given[g] <= at;
        explore(wanted[i + 2], given[g + 2], result);
        at = given[g + 1] + 1;
      }
      result.complete &= at > wanted[i + 1];
    }
  }
}

package org.millrace.inference.grammar.machine;

import java.util.ArrayList;
import java.util.List;

/**
 * Everything that can be reached without reading a byte: the readings of one configuration while
 * they are gathered.
 *
 * <p>A very ambiguous text has more readings than the limit; those beyond it are left out. What
 * remains is then a part of the grammar's texts: still only valid ones, each of which can be
 * finished.
 */
final class Closure {
  static final int READINGS_MAX = 1_024;

  private final Program program;
  private final Stacks stacks;
  private final FewOrMany<Reading> readings = new FewOrMany<>();
  private final FewOrMany<Long> visited = new FewOrMany<>();
  // Loops' frames on the way from the last byte to here.
  private final List<Frame> entered = new ArrayList<>();
  private int visits;
  private boolean complete;
  private boolean overflowed;

  Closure(Program program, Stacks stacks) {
    this.program = program;
    this.stacks = stacks;
  }

  /** Starts anew. */
  void clear() {
    readings.clear();
    visited.clear();
    entered.clear();
    visits = 0;
    complete = false;
  }

  /** Takes a reading that has just read a byte. */
  void add(Reading reading) {
    if (program.lexicon().canGoOn(reading.state())) {
      keep(reading);
    }
    if (program.lexicon().isAccepting(reading.state())) {
      visit(reading.next(), reading.frame());
    }
  }

  private void keep(Reading reading) {
    if (readings.size() < READINGS_MAX) {
      readings.add(reading);
    } else {
      overflowed = true;
    }
  }

  /** Whether readings were ever left out. */
  boolean hasOverflowed() {
    return overflowed;
  }

  /** Nodes looked at since the last {@link #clear}. */
  int visits() {
    return visits;
  }

  void visit(int node, Frame frame) {
    visits++;
    boolean isReturn = program.isReturn(node);
    if (frame.depth + program.heights()[node] > Machine.DEPTH_MAX
        || !isReturn && !visited.add((long) node << 32 | frame.id)) {
      return;
    }
    switch (program.node(node)) {
      case Node.Terminal(int state, int next) -> add(new Reading(state, next, frame));
      case Node.Call(int rule, int next) -> {
        Frame inside = program.isReturn(next) ? frame : stacks.push(next, 0, frame);
        visit(program.entries()[rule], inside);
      }
      case Node.Split(var ways) -> {
        for (int way : ways) {
          visit(way, frame);
        }
      }
      case Node.Loop loop -> {
        if (loop.min() == 0) {
          visit(loop.next(), frame);
        }
        enter(node, loop, 0, frame);
      }
      case Node.Return() -> leave(frame);
    }
  }

  private void enter(int node, Node.Loop loop, int count, Frame below) {
    Frame inside = stacks.push(node, count, below);
    entered.add(inside);
    visit(loop.body(), inside);
    entered.removeLast();
  }

  private void leave(Frame frame) {
    if (frame.isBottom()) {
      complete = true;
      return;
    }
    if (!(program.node(frame.node) instanceof Node.Loop loop)) {
      visit(frame.node, frame.below());
      return;
    }
    boolean unlimited = loop.max() == Integer.MAX_VALUE;
    // Without an upper limit, counts beyond the lower one need not be told apart.
    int count = unlimited ? Math.min(frame.count + 1, loop.min()) : frame.count + 1;
    // A body that read nothing could go on doing so; all it can reach is the way out.
    boolean readNothing = entered.contains(frame);
    if (count >= loop.min() || readNothing) {
      visit(loop.next(), frame.below());
    }
    if (!readNothing && (unlimited || count < loop.max())) {
      enter(frame.node, loop, count, frame.below());
    }
  }

  boolean isComplete() {
    return complete;
  }

  /** In a fixed order, so that equal ones are found again. */
  List<Reading> readings() {
    List<Reading> all = readings.all();
    if (all.size() < 2) {
      return List.copyOf(all);
    }
    var sorted = new ArrayList<>(all);
    sorted.sort(null);
    return List.copyOf(sorted);
  }
}

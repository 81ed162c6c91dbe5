package org.millrace.inference.grammar.machine;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds out for how long two configurations cannot be told apart. A loop that was gone through 3
 * times of 500 goes on like one that was gone through 4 times, for 496 bytes at least, because each
 * time reads a byte or more: as many as its shortest text has.
 *
 * <p>The answer may be less than the truth, never more.
 */
final class Agreement {
  /** They can never be told apart. */
  static final int WHOLLY = Integer.MAX_VALUE;

  private static final int PAIRS_MAX = 512;

  private final Program program;
  private final Shortest shortest;
  private final @Nullable Likeness likeness;

  Agreement(Program program) {
    this.program = program;
    this.shortest = new Shortest(program);
    this.likeness =
        program.lexicon().size() <= Likeness.STATES_MAX ? new Likeness(program.lexicon()) : null;
  }

  /**
   * Bytes for which each reading of the one goes on like its neighbour of the other.
   *
   * @param enough more than this need not be found out
   */
  int bytes(Configuration one, Configuration other, int enough) {
    if (one.readings.size() != other.readings.size() || one.isComplete() != other.isComplete()) {
      return 0;
    }
    int bytes = WHOLLY;
    for (int i = 0; i < one.readings.size() && bytes > 0; i++) {
      Reading here = one.readings.get(i);
      Reading there = other.readings.get(i);
      if (here.next() != there.next() || here.frame().shape != there.frame().shape) {
        return 0;
      }
      bytes = Math.min(bytes, frames(here.frame(), there.frame()));
      bytes = Math.min(bytes, states(here.state(), there.state(), Math.min(bytes, enough)));
    }
    return bytes;
  }

  private int frames(Frame one, Frame other) {
    int bytes = WHOLLY;
    Frame here = one;
    Frame there = other;
    while (here != there && !here.isBottom()) {
      if (here.count != there.count && program.node(here.node) instanceof Node.Loop loop) {
        bytes = Math.min(bytes, counts(loop, here.count, there.count));
      }
      here = here.below();
      there = there.below();
    }
    return bytes;
  }

  /** Until one of them must end, or may, and the other not. */
  private int counts(Node.Loop loop, int one, int other) {
    int times = loop.max() == Integer.MAX_VALUE ? WHOLLY : loop.max() - Math.max(one, other);
    int oneLacks = Math.max(1, loop.min() - one);
    int otherLacks = Math.max(1, loop.min() - other);
    if (oneLacks != otherLacks) {
      times = Math.min(times, Math.min(oneLacks, otherLacks));
    }
    if (times == WHOLLY) {
      return WHOLLY;
    }
    // The time that has begun may be over with the next byte; the others take what they take.
    return (int) Math.min(WHOLLY, 1 + (times - 1L) * Math.max(1, shortest.bytes(loop.body())));
  }

  private record Pair(int one, int other) {}

  private int states(int one, int other, int enough) {
    if (one == other) {
      return WHOLLY;
    }
    return likeness == null ? walk(one, other, enough) : likeness.bytes(one, other);
  }

  /** As {@link Likeness} does, for the two of them alone. */
  private int walk(int one, int other, int enough) {
    Set<Pair> seen = new HashSet<>();
    List<Pair> level = List.of(new Pair(one, other));
    int bytes = 0;
    for (; bytes < enough && seen.size() < PAIRS_MAX; bytes++) {
      List<Pair> next = new ArrayList<>();
      for (Pair pair : level) {
        // What follows an end that was reached already is among the other readings.
        boolean endsAlike =
            bytes == 0
                || program.lexicon().isAccepting(pair.one)
                    == program.lexicon().isAccepting(pair.other);
        if (!endsAlike || !follow(pair, seen, next)) {
          return bytes;
        }
      }
      if (next.isEmpty()) {
        return WHOLLY;
      }
      level = next;
    }
    return bytes;
  }

  /** Returns whether both go on with the same bytes. */
  private boolean follow(Pair pair, Set<Pair> seen, List<Pair> next) {
    int[] one = program.lexicon().ranges(pair.one);
    int[] other = program.lexicon().ranges(pair.other);
    int i = 0;
    int j = 0;
    int at = 0;
    while (i < one.length && j < other.length) {
      if (Math.max(at, one[i]) != Math.max(at, other[j])) {
        return false;
      }
      int last = Math.min(one[i + 1], other[j + 1]);
      var reached = new Pair(one[i + 2], other[j + 2]);
      if (reached.one != reached.other && seen.add(reached)) {
        next.add(reached);
      }
      at = last + 1;
      i += one[i + 1] == last ? 3 : 0;
      j += other[j + 1] == last ? 3 : 0;
    }
    return i == one.length && j == other.length;
  }
}

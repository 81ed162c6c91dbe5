package org.millrace.inference.grammar.vocabulary;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.millrace.inference.grammar.machine.Configuration;
import org.millrace.inference.grammar.machine.Machine;

/**
 * Bytes that lead from a configuration to one and the same next, whichever of them it is, and so on
 * for a while: the letters of {@code [a-z]{1,32}}, as long as the count allows. Tokens of such
 * bytes alone are judged by their length, and in others such bytes need no look at each.
 */
final class ByteRun {
  /** Fewer bytes have few tokens. */
  private static final int MEMBERS_MIN = 8;

  private static final int LENGTH_MAX = 24;

  /** There is none that is worth it. */
  static final ByteRun NONE = new ByteRun(new boolean[256], List.of(), 0, true, 0);

  /** Whether a byte is one of them. */
  final boolean[] inside;

  /** The kinds of bytes that are wholly among them. */
  final long kindsInside;

  /** The kinds of the others that may follow somewhere on the way. */
  final long kindsOut;

  /** So many of the bytes may follow. */
  final int bytes;

  /** Whether no more may. */
  final boolean ends;

  // Where the text has got to after 0, 1, 2, ... of the bytes; the last goes on for ever where
  // there are more of them.
  private final List<Configuration> chain;
  private final ByteSet set;

  private ByteRun(
      boolean[] inside, List<Configuration> chain, int bytes, boolean ends, long kindsAfter) {
    this.inside = inside;
    this.chain = chain;
    this.bytes = bytes;
    this.ends = ends;
    this.kindsInside = ByteKinds.whollyIn(inside);
    this.kindsOut = kindsAfter & ~kindsInside;
    ByteSet members = ByteSet.NONE;
    for (int value = 0; value < inside.length; value++) {
      members = inside[value] ? members.with(value) : members;
    }
    this.set = members;
  }

  /** The run that begins here. */
  static ByteRun at(Configuration from, Machine machine) {
    boolean[] inside = largestGroup(from, machine);
    List<Integer> examples = examples(inside, machine.byteClasses());
    if (examples.isEmpty()) {
      return NONE;
    }
    List<Configuration> chain = new ArrayList<>(List.of(from));
    long kindsAfter = machine.kindsAfter(from, ByteKinds.BITS);
    boolean ends = false;
    int bytes = 0;
    while (bytes < LENGTH_MAX) {
      Configuration last = chain.getLast();
      Configuration next = machine.step(last, examples.getFirst());
      if (!allLeadTo(next, last, examples, machine)) {
        break;
      }
      ends = next == Configuration.DEAD;
      if (ends) {
        break;
      }
      if (next == last) {
        bytes = TokenVocabulary.BYTES_KNOWN_MAX;
        break;
      }
      chain.add(next);
      kindsAfter |= machine.kindsAfter(next, ByteKinds.BITS);
      bytes++;
    }
    return bytes < 2 ? NONE : new ByteRun(inside, List.copyOf(chain), bytes, ends, kindsAfter);
  }

  /** Where most bytes lead to the same. */
  private static boolean[] largestGroup(Configuration from, Machine machine) {
    byte[] classes = machine.byteClasses();
    Configuration[] next = new Configuration[classes.length];
    Map<Configuration, Integer> sizes = new HashMap<>();
    Configuration largest = Configuration.DEAD;
    for (int value = 0; value < classes.length; value++) {
      next[value] =
          value > 0 && classes[value] == classes[value - 1]
              ? next[value - 1]
              : machine.step(from, value);
      if (next[value] != Configuration.DEAD
          && sizes.merge(next[value], 1, Integer::sum) > sizes.getOrDefault(largest, 0)) {
        largest = next[value];
      }
    }
    boolean[] group = new boolean[next.length];
    if (sizes.getOrDefault(largest, 0) >= MEMBERS_MIN) {
      for (int value = 0; value < group.length; value++) {
        group[value] = next[value] == largest;
      }
    }
    return group;
  }

  /** A byte of each class. */
  private static List<Integer> examples(boolean[] inside, byte[] classes) {
    List<Integer> examples = new ArrayList<>();
    for (int value = 0; value < inside.length; value++) {
      if (inside[value] && (value == 0 || classes[value] != classes[value - 1])) {
        examples.add(value);
      }
    }
    return examples;
  }

  private static boolean allLeadTo(
      Configuration next, Configuration from, List<Integer> examples, Machine machine) {
    for (int value : examples) {
      if (machine.step(from, value) != next) {
        return false;
      }
    }
    return true;
  }

  /** Where the text has got to after so many of the bytes, at most {@link #bytes}. */
  Configuration after(int count) {
    return chain.get(Math.min(count, chain.size() - 1));
  }

  ByteSet set() {
    return set;
  }
}

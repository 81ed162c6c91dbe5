package org.millrace.inference.grammar.vocabulary;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.millrace.inference.grammar.machine.Configuration;
import org.millrace.inference.grammar.machine.Machine;

/**
 * Bytes that may follow a configuration again and again, in any order: the letters of {@code
 * [a-z]{1,32}}, as long as the count allows. All tokens of these bytes alone can then be judged by
 * their length.
 *
 * @param bytes which
 * @param surely any text of them may follow that is no longer than this
 * @param atMost whether none that is longer may
 */
record ByteRun(ByteSet bytes, int surely, boolean atMost) {
  /** A shorter agreement says little; then a walk is short, too. */
  private static final int AGREEMENT_MIN = 3;

  private static final int AT_ONCE_MAX = 32;

  /** The run that begins here, or {@code null} for none that is worth it. */
  static @Nullable ByteRun at(Configuration from, Machine machine) {
    Map<Configuration, Integer> agreements = new HashMap<>();
    ByteSet bytes = ByteSet.NONE;
    Set<Integer> examples = new HashSet<>();
    int surely = TokenVocabulary.BYTES_KNOWN_MAX;
    byte[] classes = machine.byteClasses();
    for (int value = 0; value < classes.length; value++) {
      Configuration next = machine.step(from, value);
      int agreement = agreements.computeIfAbsent(next, after -> agreement(from, after, machine));
      if (agreement >= AGREEMENT_MIN) {
        bytes = bytes.with(value);
        surely = Math.min(surely, agreement + 1);
        if (value == 0 || classes[value - 1] != classes[value]) {
          examples.add(value);
        }
      }
    }
    return examples.isEmpty()
        ? null
        : new ByteRun(bytes, surely, !goesOn(from, examples, surely + 1, machine));
  }

  /**
   * Where the next configuration agrees with this one for n bytes, what may follow here may follow
   * there but for the last: any text of such bytes is possible, up to n + 1 of them.
   */
  private static int agreement(Configuration from, Configuration next, Machine machine) {
    return next == Configuration.DEAD
        ? 0
        : machine.agreementBytes(from, next, TokenVocabulary.BYTES_KNOWN_MAX);
  }

  /** Whether some text of so many such bytes may follow; in doubt it may. */
  private static boolean goesOn(
      Configuration from, Set<Integer> examples, int length, Machine machine) {
    Set<Configuration> reached = Set.of(from);
    for (int i = 0; i < length; i++) {
      Set<Configuration> next = new HashSet<>();
      for (Configuration at : reached) {
        for (int value : examples) {
          next.add(machine.step(at, value));
        }
      }
      next.remove(Configuration.DEAD);
      if (next.isEmpty() || next.size() > AT_ONCE_MAX) {
        return !next.isEmpty();
      }
      reached = next;
    }
    return true;
  }
}

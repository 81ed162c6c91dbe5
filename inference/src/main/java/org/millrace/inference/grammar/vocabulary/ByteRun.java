package org.millrace.inference.grammar.vocabulary;

import org.jspecify.annotations.Nullable;
import org.millrace.inference.grammar.machine.Configuration;
import org.millrace.inference.grammar.machine.Machine;

/**
 * Bytes that may follow a configuration again and again, in any order: the letters of {@code
 * [a-z]{1,32}}, as long as the count allows. After any of them, the configuration is as good as the
 * same for a while: so tokens of such bytes alone are judged by their length, and others by what
 * follows such bytes.
 */
final class ByteRun {
  /** A shorter agreement says little; then a walk is short, too. */
  private static final int AGREEMENT_MIN = 3;

  /** There is none that is worth it. */
  static final ByteRun NONE = new ByteRun(new boolean[256], 0, 0);

  /** Whether a byte is one of them. */
  final boolean[] inside;

  /** The kinds of bytes that are wholly among them. */
  final long kindsInside;

  /** The kinds of the others that may follow. */
  final long kindsOut;

  /** Texts that are no longer may be judged so. */
  final int bytes;

  private final ByteSet set;

  private ByteRun(boolean[] inside, long kindsOut, int bytes) {
    this.inside = inside;
    this.kindsInside = ByteKinds.whollyIn(inside);
    this.kindsOut = kindsOut;
    this.bytes = bytes;
    ByteSet members = ByteSet.NONE;
    for (int value = 0; value < inside.length; value++) {
      members = inside[value] ? members.with(value) : members;
    }
    this.set = members;
  }

  /** The run that begins here. */
  static ByteRun at(Configuration from, Machine machine) {
    byte[] classes = machine.byteClasses();
    int[] agreements = new int[256];
    boolean[] inside = new boolean[256];
    long kindsOut = 0;
    int bytes = TokenVocabulary.BYTES_KNOWN_MAX;
    boolean any = false;
    for (int value = 0; value < classes.length; value++) {
      int byteClass = classes[value] & 0xFF;
      if (value == 0 || (classes[value - 1] & 0xFF) != byteClass) {
        agreements[byteClass] = agreement(from, machine.step(from, value), machine);
      }
      int agreement = agreements[byteClass];
      inside[value] = agreement >= AGREEMENT_MIN;
      if (inside[value]) {
        // What may follow here may follow there, but for the last byte.
        bytes = Math.min(bytes, agreement + 1);
        any = true;
      } else if (agreement >= 0) {
        kindsOut |= ByteKinds.of(value);
      }
    }
    return any ? new ByteRun(inside, kindsOut, bytes) : NONE;
  }

  /** For how many bytes both go on alike; -1 where the next does not go on at all. */
  private static int agreement(Configuration from, @Nullable Configuration next, Machine machine) {
    return next == null || next == Configuration.DEAD
        ? -1
        : machine.agreementBytes(from, next, TokenVocabulary.BYTES_KNOWN_MAX);
  }

  ByteSet set() {
    return set;
  }
}

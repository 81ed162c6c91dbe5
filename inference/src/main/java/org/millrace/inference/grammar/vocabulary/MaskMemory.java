package org.millrace.inference.grammar.vocabulary;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.millrace.inference.grammar.machine.Configuration;
import org.millrace.inference.grammar.machine.Machine;
import org.millrace.inference.grammar.machine.Shape;

/**
 * Masks that were found, by what their configurations look like. Most configurations of a counted
 * format differ from one met before in a count that no token is long enough to feel: then the mask
 * is the same. Where long tokens feel it, the short ones need no second look.
 *
 * <p>Used under the machine's lock. Bounded by the machine's own memory: what that forgets is
 * forgotten here.
 */
final class MaskMemory {
  private static final int ALIKE_MAX = 8;

  private final Machine machine;
  private final Map<Shape, Deque<Known>> byShape = new HashMap<>();
  private final Map<Shape, Deque<Known>> byOutline = new HashMap<>();
  private int timesForgotten;

  /**
   * A configuration with its mask.
   *
   * @param bytesLooked no text longer than this was needed to find the mask
   */
  record Known(Configuration at, TokenMask mask, int bytesLooked) {}

  /**
   * What was found.
   *
   * @param bytes tokens of up to so many bytes are allowed here where they are there
   */
  record Match(Known known, int bytes) {
    /** Whether no token is long enough to tell the two apart. */
    boolean isWhole() {
      return bytes >= known.bytesLooked;
    }
  }

  MaskMemory(Machine machine) {
    this.machine = machine;
  }

  void add(Known known) {
    keep(byShape, known.at.shape(), known);
    keep(byOutline, known.at.outline(), known);
  }

  private static void keep(Map<Shape, Deque<Known>> where, Shape shape, Known known) {
    Deque<Known> alike = where.computeIfAbsent(shape, unused -> new ArrayDeque<>());
    alike.addFirst(known);
    if (alike.size() > ALIKE_MAX) {
      alike.removeLast();
    }
  }

  /** The configuration that agrees with this one for longest. */
  @Nullable Match best(Configuration at) {
    if (timesForgotten != machine.timesForgotten()) {
      timesForgotten = machine.timesForgotten();
      byShape.clear();
      byOutline.clear();
    }
    Match best = better(null, byShape.get(at.shape()), at);
    return best != null && best.isWhole() ? best : better(best, byOutline.get(at.outline()), at);
  }

  private @Nullable Match better(
      @Nullable Match given, @Nullable Deque<Known> alike, Configuration at) {
    Match best = given;
    if (alike != null) {
      for (Known known : alike) {
        int bytes = machine.agreementBytes(at, known.at, known.bytesLooked);
        if (best == null || bytes > best.bytes) {
          best = new Match(known, bytes);
        }
        if (bytes >= known.bytesLooked) {
          return new Match(known, bytes);
        }
      }
    }
    return best;
  }
}

package org.millrace.inference.tensor;

import java.util.ArrayList;
import java.util.List;

/** Buffers that lie over one another; see {@link TensorDevice#allocateInTurn}. */
final class Turns {
  /** Floats of a cache line, with which every buffer begins. */
  private static final long LINE_FLOATS = 16;

  private Turns() {}

  /** What the largest turn needs. */
  static long floats(List<List<Long>> turns) {
    return turns.stream()
        .mapToLong(turn -> turn.stream().mapToLong(Turns::whole).sum())
        .max()
        .orElse(0);
  }

  /** Cuts each turn's buffers off the same memory. */
  static List<List<Buffer>> cut(Buffer memory, List<List<Long>> turns) {
    return turns.stream().map(turn -> buffers(memory, turn)).toList();
  }

  private static List<Buffer> buffers(Buffer memory, List<Long> turn) {
    List<Buffer> buffers = new ArrayList<>();
    long next = 0;
    for (long floats : turn) {
      buffers.add(new Buffer(memory.at(next), floats));
      next += whole(floats);
    }
    return buffers;
  }

  private static long whole(long floats) {
    return Math.ceilDiv(floats, LINE_FLOATS) * LINE_FLOATS;
  }
}

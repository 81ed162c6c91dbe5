package org.millrace.inference.tensor;

import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.millrace.inference.gguf.GgmlType;

/**
 * Products of weight rows with one token's inputs, weights decoded in registers. Decodes and adds
 * in the same order as {@link VectorDecode} followed by a product of float32, so to the same bits.
 *
 * <p>Two rows are computed together, because a row's sum takes one addition after the other and
 * leaves the processor idle between them. And the rows of a call are cut into {@link #RUNS} runs of
 * neighbours, of which one row each is taken in turn: the processor fetches ahead within a run by
 * itself, but little at a time and not over a page's end, so one run alone waits for memory most of
 * the time. Eight runs read more than twice as fast as one.
 *
 * <p>Two things that look odd in the products are for the compiler. It inlines the Vector API's own
 * methods however large a method has become, but ours only up to a limit, and a vector that crosses
 * a call becomes an object: so their loops call the Vector API and no helper of ours. And loops
 * over addresses end with {@code !=}: where it can count a loop, it moves the segments' bounds
 * checks before it, which for a few hundred columns takes longer than the loop.
 */
final class VectorDot {
  /** Columns that are computed at once; a multiple of every type's blocks. */
  static final int PIECE_COLUMNS = 2048;

  /** Where in the scratch the first row's factors are, after both rows' sums. */
  static final long FACTORS = 2 * 64;

  /** Room for a scale and an offset of each sixteen weights. */
  static final long FACTORS_APART = 2L * Float.BYTES * PIECE_COLUMNS / 16;

  static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private static final int RUNS = 8;

  private VectorDot() {}

  /** Whether there is a product for rows of this type and length on this machine. */
  static boolean has(GgmlType type, int columns) {
    return switch (type) {
      case F32, F16, BF16 -> columns % Lanes.COUNT == 0;
      default -> Lanes.HAS_BYTES;
    };
  }

  /** Computes weight rows {@code from} to {@code to - 1} for one token. */
  static void run(MatmulPart part, int from, int to, long scratch) {
    int runRows = (to - from) / RUNS;
    int inRuns = runRows * RUNS;
    for (int i = 0; i < to - from; i += 2) {
      int row = from + i / RUNS + i % RUNS * runRows;
      int apart = runRows;
      if (i >= inRuns) {
        row = from + i;
        apart = row + 1 < to ? 1 : 0;
      }
      pair(part, row, apart, scratch);
    }
  }

  /**
   * Computes two rows.
   *
   * @param apart how many rows they are apart; 0 for a row that has no other beside it
   */
  private static void pair(MatmulPart part, int row, int apart, long scratch) {
    Lanes.store(Lanes.zero(), scratch);
    Lanes.store(Lanes.zero(), scratch + Lanes.BYTES);
    long weights = part.weights + row * part.rowBytes;
    for (int column = 0; column < part.columns; column += PIECE_COLUMNS) {
      long in = part.in + 4L * column;
      long end = in + 4L * Math.min(PIECE_COLUMNS, part.columns - column);
      long from = weights + part.columnBytes(column);
      piece(part.type, from, apart * part.rowBytes, in, end, scratch);
    }
    part.put(0, row, Lanes.sum(Lanes.load(scratch)));
    if (apart > 0) {
      part.put(0, row + apart, Lanes.sum(Lanes.load(scratch + Lanes.BYTES)));
    }
  }

  /**
   * Adds a piece's products to the rows' vectors of partial sums, which begin the scratch.
   *
   * @param apart bytes from the first row's weights to the second's
   * @param end after the inputs
   */
  private static void piece(
      GgmlType type, long weights, long apart, long in, long end, long scratch) {
    switch (type) {
      case F32 -> DotFloats.f32(weights, apart, in, end, scratch);
      case F16 -> DotFloats.f16(weights, apart, in, end, scratch);
      case BF16 -> DotFloats.bf16(weights, apart, in, end, scratch);
      case Q8_0 -> DotBlocks.q80(weights, apart, in, end, scratch);
      case Q4_K -> DotBlocks.q4k(weights, apart, in, end, scratch);
      case Q4_0 -> {
        if (Lanes.HAS_16) {
          DotBlocks.q40(weights, apart, in, end, scratch);
        } else {
          DotUnpacked.run(type, weights, apart, in, end, scratch);
        }
      }
      default -> DotUnpacked.run(type, weights, apart, in, end, scratch);
    }
  }
}

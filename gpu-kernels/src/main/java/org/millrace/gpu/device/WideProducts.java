package org.millrace.gpu.device;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.millrace.gpu.driver.CudaContext;
import org.millrace.gpu.driver.CudaContext.Grid;
import org.millrace.inference.gguf.GgmlType;

/**
 * When products run on warpgroups ({@code wide_matmul.cuh}): on chips that have them, for so many
 * rows that its large tiles fill the chip, and only where a small product with them has the bits
 * that it has without, which is tried when a device is opened.
 */
final class WideProducts {
  static final int TILE_TOKENS = 64;

  /** Of what a tile's room for tokens is at least used. */
  private static final int TOKENS_LEAST = TILE_TOKENS / 2;

  // Of the product that is tried: rows, blocks and tokens that fill no tile.
  private static final int ROWS = 80;
  private static final int BLOCKS = 9;
  private static final int TOKENS = 35;

  private final int processors;
  private final boolean usable;

  WideProducts(Launcher launcher) {
    this.processors = launcher.context().processors();
    this.usable = launcher.context().has("wide_matmul_q8_0") && agree(launcher);
  }

  /** Threads of a block: a warpgroup more where blocks of weights have no minimums. */
  static int threads(GgmlType type) {
    return type == GgmlType.Q4_K || type == GgmlType.Q5_K ? 384 : 512;
  }

  /** Rows of weights that a block of threads multiplies: 64 a warpgroup. */
  static int tileRows(GgmlType type) {
    return threads(type) / 2;
  }

  /**
   * Whether they are the best there is.
   *
   * @param experts among which the tokens are divided
   */
  boolean isBest(GgmlType type, int rows, int tokens, int experts) {
    boolean has =
        switch (type) {
          case Q4_0, Q8_0, Q4_K, Q5_K -> true;
          default -> false;
        };
    int each = tokens / experts;
    long tiles =
        (long) Math.ceilDiv(rows, tileRows(type)) * Math.ceilDiv(each, TILE_TOKENS) * experts;
    return usable && has && each >= TOKENS_LEAST && tiles >= processors;
  }

  private static boolean agree(Launcher launcher) {
    try (var arena = Arena.ofConfined()) {
      float[] expected = product(launcher, arena, "matmul_q8_0", new Grid(2, 2, 1, 256));
      float[] found = product(launcher, arena, "wide_matmul_q8_0", new Grid(1, 1, 1, 512));
      if (Arrays.equals(expected, found)) {
        return true;
      }
    }
    System.getLogger(WideProducts.class.getName())
        .log(
            System.Logger.Level.WARNING,
            "{0}: products on warpgroups differ from those on single warps, and are not used",
            launcher.context().name());
    return false;
  }

  private static float[] product(Launcher launcher, Arena arena, String kernel, Grid grid) {
    CudaContext context = launcher.context();
    int cells = ROWS * BLOCKS;
    var random = new SplittableRandom(1);
    MemorySegment host = arena.allocate(34L * cells + 40L * TOKENS * BLOCKS, 16);
    for (long i = 0; i < host.byteSize(); i++) {
      host.set(ValueLayout.JAVA_BYTE, i, (byte) random.nextInt());
    }
    for (int i = 0; i < cells; i++) {
      short scale = Float.floatToFloat16(random.nextFloat());
      host.set(ValueLayout.JAVA_SHORT, 32L * cells + 2L * i, scale);
    }
    long quantaAt = 34L * cells;
    long scalesAt = quantaAt + 32L * TOKENS * BLOCKS;
    for (int i = 0; i < 2 * TOKENS * BLOCKS; i++) {
      host.set(ValueLayout.JAVA_FLOAT, scalesAt + 4L * i, random.nextFloat());
    }
    MemorySegment results = arena.allocate(ValueLayout.JAVA_FLOAT, (long) TOKENS * ROWS);
    long from = context.allocate(host.byteSize());
    long to = context.allocate(results.byteSize());
    try {
      context.upload(host, from, host.byteSize());
      launcher
          .arguments()
          .put(from)
          .put(0L)
          .put(0L)
          .put(0L)
          .put(from + quantaAt)
          .put(from + scalesAt)
          .put(0L)
          .put(to)
          .put(ROWS)
          .put(BLOCKS)
          .put(TOKENS)
          .put(1)
          .put(false);
      launcher.run(kernel, grid);
      context.download(to, results, results.byteSize());
    } finally {
      context.free(from);
      context.free(to);
    }
    return results.toArray(ValueLayout.JAVA_FLOAT);
  }
}

package org.millrace.gpu.device;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.millrace.gpu.driver.CudaContext;
import org.millrace.gpu.driver.CudaContext.Grid;
import org.millrace.inference.gguf.GgmlType;
import org.millrace.inference.tensor.Buffer;
import org.millrace.inference.tensor.Matrix;

/**
 * When products run on warpgroups ({@code wide_matmul.cuh}): on chips that have them, for so many
 * rows that its large tiles fill the chip, and only where a small product with them has the bits
 * that it has without, which is tried when a device is opened.
 */
final class WideProducts {
  static final int TILE_TOKENS = 64;

  /** Of what a tile's room for tokens is at least used. */
  private static final int TOKENS_LEAST = TILE_TOKENS / 2;

  /** Of the places for tiles, over all the times that the chip is filled with them. */
  private static final int FILLED_PERCENT = 75;

  // Of the products that are tried: rows, blocks and tokens that fill no tile.
  private static final int ROWS = 80;
  private static final int BLOCKS = 24;
  private static final int TOKENS = 35;

  /** One that takes all warpgroups and one product a block, and one that takes two. */
  private static final List<GgmlType> TRIED = List.of(GgmlType.Q8_0, GgmlType.Q6_K);

  private final int processors;
  private final boolean usable;

  WideProducts(Launcher launcher) {
    this.processors = launcher.context().processors();
    this.usable = launcher.context().has("wide_matmul_q8_0") && agree(launcher);
  }

  /** Threads of a block: fewer where a block of weights takes more registers. */
  static int threads(GgmlType type) {
    return switch (type) {
      case Q6_K -> 256;
      case Q4_K, Q5_K -> 384;
      default -> 512;
    };
  }

  /** Rows of weights that a block of threads multiplies: 64 a warpgroup. */
  static int tileRows(GgmlType type) {
    return threads(type) / 2;
  }

  /**
   * Whether they are the best there is.
   *
   * @param outputs of each of the products that are computed together
   * @param experts among which the tokens are divided
   */
  boolean isBest(GgmlType type, List<Integer> outputs, int tokens, int experts) {
    int each = tokens / experts;
    long tiles = 0;
    for (int rows : outputs) {
      tiles += (long) Math.ceilDiv(rows, tileRows(type)) * Math.ceilDiv(each, TILE_TOKENS);
    }
    long waves = Math.ceilDiv(tiles * experts, (long) processors);
    boolean filled = tiles * experts * 100 >= waves * processors * FILLED_PERCENT;
    return usable && each >= TOKENS_LEAST && filled;
  }

  private static boolean agree(Launcher launcher) {
    boolean same = true;
    for (GgmlType type : TRIED) {
      String name = Storage.name(type);
      float[] expected =
          product(launcher, type, "matmul_" + name + "_32", 64, new Grid(2, 2, 1, 256));
      float[] found =
          product(
              launcher,
              type,
              "wide_matmul_" + name,
              tileRows(type),
              new Grid(1, 1, 1, threads(type)));
      same &= Arrays.equals(expected, found);
    }
    if (same) {
      return true;
    }
    System.getLogger(WideProducts.class.getName())
        .log(
            System.Logger.Level.WARNING,
            "{0}: products on warpgroups differ from those on single warps, and are not used",
            launcher.context().name());
    return false;
  }

  private static float[] product(
      Launcher launcher, GgmlType type, String kernel, int tileRows, Grid grid) {
    CudaContext context = launcher.context();
    long weightBytes = Storage.bytes(type, ROWS, BLOCKS * Storage.BLOCK);
    long scalesAt = weightBytes + 32L * TOKENS * BLOCKS;
    long hostBytes = scalesAt + 8L * TOKENS * BLOCKS;
    long from = context.allocate(hostBytes);
    long to = context.allocate(4L * TOKENS * ROWS);
    try (var arena = Arena.ofConfined()) {
      MemorySegment host = arena.allocate(hostBytes, 16);
      fill(host, type, scalesAt);
      context.upload(host, from, hostBytes);
      var weights = new Matrix(type, ROWS, BLOCKS * Storage.BLOCK, from);
      var out = new Buffer(to, (long) TOKENS * ROWS);
      var target = new Products.Target(weights, 0, null, out);
      Products.put(launcher.arguments(), List.of(target), tileRows);
      launcher
          .current()
          .put(0L)
          .put(0L)
          .put(from + weightBytes)
          .put(from + scalesAt)
          .put(BLOCKS)
          .put(TOKENS)
          .put(1)
          .put(false);
      launcher.run(kernel, grid);
      MemorySegment results = arena.allocate(ValueLayout.JAVA_FLOAT, (long) TOKENS * ROWS);
      context.download(to, results, results.byteSize());
      return results.toArray(ValueLayout.JAVA_FLOAT);
    } finally {
      context.free(from);
      context.free(to);
    }
  }

  /** Bytes at random, but where halves are expected numbers. */
  private static void fill(MemorySegment host, GgmlType type, long scalesAt) {
    var random = new SplittableRandom(1);
    for (long i = 0; i < host.byteSize(); i++) {
      host.set(ValueLayout.JAVA_BYTE, i, (byte) random.nextInt());
    }
    long cells = (long) ROWS * BLOCKS;
    boolean quanta = type == GgmlType.Q8_0;
    long halvesAt = (quanta ? 32 : 24) * cells;
    int step = quanta ? 2 : 4;
    for (long i = 0; i < cells / (quanta ? 1 : 8); i++) {
      short scale = Float.floatToFloat16(random.nextFloat());
      host.set(ValueLayout.JAVA_SHORT, halvesAt + step * i, scale);
    }
    for (int i = 0; i < 2 * TOKENS * BLOCKS; i++) {
      host.set(ValueLayout.JAVA_FLOAT, scalesAt + 4L * i, random.nextFloat());
    }
  }
}

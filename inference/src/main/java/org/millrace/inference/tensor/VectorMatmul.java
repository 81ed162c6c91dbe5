package org.millrace.inference.tensor;

import static org.millrace.inference.tensor.Memory.ADDRESSES;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import org.millrace.inference.gguf.GgmlType;

/**
 * Matrix products: weights are decoded a panel at a time into float32 and each decoded panel is
 * used for all tokens, in register tiles of four rows by two tokens.
 *
 * <p>Each pair of row and token has one vector of partial sums, which takes its products in the
 * order of the columns and is folded once at the end. Tile and panel sizes only decide which pairs
 * are computed together, so a result does not depend on the batch.
 */
final class VectorMatmul {
  private static final int PANEL_COLUMNS = 512;
  private static final int PANEL_ROWS = 32;
  private static final int PANEL_TOKENS = 128;
  private static final int TILE_ROWS = 4;
  private static final int TILE_TOKENS = 2;
  private static final long PANEL_BYTES = (long) PANEL_ROWS * PANEL_COLUMNS * Float.BYTES;

  private VectorMatmul() {}

  /** Scratch: one decoded panel, then one vector of partial sums per row and token of a panel. */
  static void run(MatmulPart part, int from, int to, long scratch) {
    if (part.tokens == 1 && VectorDot.has(part.type, part.columns)) {
      VectorDot.run(part, from, to, scratch);
      return;
    }
    // A single token gains nothing from many rows at once; few stay in the innermost cache.
    int rowsAtOnce = part.tokens < 4 ? TILE_ROWS : PANEL_ROWS;
    for (int token = 0; token < part.tokens; token += PANEL_TOKENS) {
      int tokens = Math.min(PANEL_TOKENS, part.tokens - token);
      for (int row = from; row < to; row += rowsAtOnce) {
        panel(part, row, Math.min(rowsAtOnce, to - row), token, tokens, scratch);
      }
    }
  }

  private static void panel(
      MatmulPart part, int row, int rows, int token, int tokens, long scratch) {
    long sums = scratch + PANEL_BYTES;
    for (int column = 0; column < part.columns; column += PANEL_COLUMNS) {
      int columns = Math.min(PANEL_COLUMNS, part.columns - column);
      long weights = part.weights + row * part.rowBytes + part.columnBytes(column);
      long weightStride = part.rowBytes;
      if (part.type != GgmlType.F32) {
        for (int r = 0; r < rows; r++) {
          long decoded = scratch + (long) r * PANEL_COLUMNS * Float.BYTES;
          VectorDecode.decode(part.type, weights + r * part.rowBytes, decoded, columns);
        }
        weights = scratch;
        weightStride = (long) PANEL_COLUMNS * Float.BYTES;
      }
      if (column == 0) {
        clear(sums, rows * tokens);
      }
      long in = part.inRow(token) + (long) column * Float.BYTES;
      long inStride = (long) part.columns * Float.BYTES;
      tiles(weights, weightStride, rows, in, inStride, tokens, columns, sums);
    }
    for (int t = 0; t < tokens; t++) {
      for (int r = 0; r < rows; r++) {
        part.put(
            token + t, row + r, Lanes.sum(Lanes.load(sums + (long) (t * rows + r) * Lanes.BYTES)));
      }
    }
  }

  private static void clear(long sums, int count) {
    for (int i = 0; i < count; i++) {
      Lanes.store(Lanes.zero(), sums + i * Lanes.BYTES);
    }
  }

  @SuppressWarnings("checkstyle:parameternumber")
  private static void tiles(
      long weights,
      long weightStride,
      int rows,
      long in,
      long inStride,
      int tokens,
      int columns,
      long sums) {
    int tiledRows = rows - rows % TILE_ROWS;
    int tiledTokens = tokens - tokens % TILE_TOKENS;
    int whole = columns - columns % Lanes.COUNT;
    long sumStride = rows * Lanes.BYTES;
    // Four rows stay in the innermost cache while all tokens pass by.
    for (int r = 0; r < tiledRows; r += TILE_ROWS) {
      long w = weights + r * weightStride;
      long sum = sums + r * Lanes.BYTES;
      for (int t = 0; t < tiledTokens; t += TILE_TOKENS) {
        long to = sum + t * sumStride;
        tile4x2(w, weightStride, in + t * inStride, inStride, whole, to, to + sumStride);
      }
      for (int t = tiledTokens; t < tokens; t++) {
        tile4x1(w, weightStride, in + t * inStride, whole, sum + t * sumStride);
      }
    }
    for (int t = 0; t < tokens; t++) {
      for (int r = tiledRows; r < rows; r++) {
        long sum = sums + (long) t * sumStride + r * Lanes.BYTES;
        tile1x1(weights + r * weightStride, in + t * inStride, whole, sum);
      }
      for (int r = 0; r < rows && whole < columns; r++) {
        long sum = sums + (long) t * sumStride + r * Lanes.BYTES;
        long done = (long) whole * Float.BYTES;
        rest(weights + r * weightStride + done, in + t * inStride + done, columns - whole, sum);
      }
    }
  }

  // Eight sums keep both multipliers busy. More would need fewer loads each, but the compiler stops
  // inlining in so large a method, and then every vector becomes an object.
  private static void tile4x2(
      long w0, long weightStride, long x0, long inStride, int columns, long sum, long nextSum) {
    long a = w0 & ADDRESSES;
    long b = (w0 + weightStride) & ADDRESSES;
    long c = (w0 + 2 * weightStride) & ADDRESSES;
    long d = (w0 + 3 * weightStride) & ADDRESSES;
    long e = x0 & ADDRESSES;
    long f = (x0 + inStride) & ADDRESSES;
    FloatVector s00 = Lanes.load(sum);
    FloatVector s01 = Lanes.load(sum + Lanes.BYTES);
    FloatVector s02 = Lanes.load(sum + 2 * Lanes.BYTES);
    FloatVector s03 = Lanes.load(sum + 3 * Lanes.BYTES);
    FloatVector s10 = Lanes.load(nextSum);
    FloatVector s11 = Lanes.load(nextSum + Lanes.BYTES);
    FloatVector s12 = Lanes.load(nextSum + 2 * Lanes.BYTES);
    FloatVector s13 = Lanes.load(nextSum + 3 * Lanes.BYTES);
    for (int i = 0; i < columns; i += Lanes.COUNT) {
      long at = (long) i * Float.BYTES;
      FloatVector x = Lanes.load(e + at);
      FloatVector y = Lanes.load(f + at);
      FloatVector w = Lanes.load(a + at);
      s00 = w.fma(x, s00);
      s10 = w.fma(y, s10);
      w = Lanes.load(b + at);
      s01 = w.fma(x, s01);
      s11 = w.fma(y, s11);
      w = Lanes.load(c + at);
      s02 = w.fma(x, s02);
      s12 = w.fma(y, s12);
      w = Lanes.load(d + at);
      s03 = w.fma(x, s03);
      s13 = w.fma(y, s13);
    }
    store4(sum, s00, s01, s02, s03);
    store4(nextSum, s10, s11, s12, s13);
  }

  private static void store4(long sum, FloatVector a, FloatVector b, FloatVector c, FloatVector d) {
    Lanes.store(a, sum);
    Lanes.store(b, sum + Lanes.BYTES);
    Lanes.store(c, sum + 2 * Lanes.BYTES);
    Lanes.store(d, sum + 3 * Lanes.BYTES);
  }

  private static void tile4x1(long w0, long weightStride, long in, int columns, long sum) {
    long a = w0 & ADDRESSES;
    long b = (w0 + weightStride) & ADDRESSES;
    long c = (w0 + 2 * weightStride) & ADDRESSES;
    long d = (w0 + 3 * weightStride) & ADDRESSES;
    long e = in & ADDRESSES;
    FloatVector s0 = Lanes.load(sum);
    FloatVector s1 = Lanes.load(sum + Lanes.BYTES);
    FloatVector s2 = Lanes.load(sum + 2 * Lanes.BYTES);
    FloatVector s3 = Lanes.load(sum + 3 * Lanes.BYTES);
    for (int i = 0; i < columns; i += Lanes.COUNT) {
      long at = (long) i * Float.BYTES;
      FloatVector x = Lanes.load(e + at);
      s0 = Lanes.load(a + at).fma(x, s0);
      s1 = Lanes.load(b + at).fma(x, s1);
      s2 = Lanes.load(c + at).fma(x, s2);
      s3 = Lanes.load(d + at).fma(x, s3);
    }
    store4(sum, s0, s1, s2, s3);
  }

  private static void tile1x1(long weights, long in, int columns, long sum) {
    long a = weights & ADDRESSES;
    long e = in & ADDRESSES;
    FloatVector s = Lanes.load(sum);
    for (int i = 0; i < columns; i += Lanes.COUNT) {
      long at = (long) i * Float.BYTES;
      s = Lanes.load(a + at).fma(Lanes.load(e + at), s);
    }
    Lanes.store(s, sum);
  }

  /** The columns after the last whole vector. */
  private static void rest(long weights, long in, int columns, long sum) {
    VectorMask<Float> mask = Lanes.first(columns);
    Lanes.store(Lanes.load(weights, mask).fma(Lanes.load(in, mask), Lanes.load(sum)), sum);
  }
}

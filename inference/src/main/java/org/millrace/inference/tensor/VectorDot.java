package org.millrace.inference.tensor;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.VectorOperators.B2I;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.ZERO_EXTEND_B2I;
import static jdk.incubator.vector.VectorOperators.ZERO_EXTEND_S2I;
import static org.millrace.inference.tensor.Lanes.B;
import static org.millrace.inference.tensor.Lanes.BYTES;
import static org.millrace.inference.tensor.Lanes.COUNT;
import static org.millrace.inference.tensor.Lanes.F;
import static org.millrace.inference.tensor.Lanes.I;
import static org.millrace.inference.tensor.Lanes.S;
import static org.millrace.inference.tensor.Memory.ADDRESSES;
import static org.millrace.inference.tensor.Memory.ALL;

import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import org.millrace.inference.gguf.GgmlType;

/**
 * Products of a few weight rows with one token's inputs, weights decoded in registers. Decodes and
 * adds in the same order as {@link VectorDecode} followed by a product of float32, so to the same
 * bits.
 *
 * <p>Rows take turns, a piece of {@link #PIECE_COLUMNS} columns each, so that the processor finds
 * independent sums to work on while one waits for its last addition; a row's sums rest in memory
 * between its pieces.
 *
 * <p>Two things that look odd are for the compiler. It inlines the Vector API's own methods however
 * large a method has become, but ours only up to a limit, and a vector that crosses a call becomes
 * an object: so a piece calls the Vector API and no helper of ours. And loops over addresses end
 * with {@code !=}: where it can count a loop, it moves the segments' bounds checks before it, which
 * for a few hundred columns takes longer than the loop.
 */
final class VectorDot {
  private static final int PIECE_COLUMNS = 256;
  private static final int ROWS = 4;

  /** Where the factors of a K block's groups are in the scratch, after the rows' sums. */
  private static final long FACTORS = ROWS * 64;

  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final IntVector LOW_4 = IntVector.broadcast(I, 15);
  private static final IntVector HIGH_2 = IntVector.broadcast(I, 48);

  private VectorDot() {}

  /** Whether there is a product for rows of this type and length on this machine. */
  static boolean has(GgmlType type, int columns) {
    return switch (type) {
      case F32, F16, BF16 -> columns % COUNT == 0;
      case Q4_0, Q8_0, Q4_K, Q5_K, Q6_K -> Lanes.HAS_BYTES;
      default -> false;
    };
  }

  /** Computes weight rows {@code from} to {@code to - 1} for one token. */
  static void run(MatmulPart part, int from, int to, long scratch) {
    for (int row = from; row < to; row += ROWS) {
      int rows = Math.min(ROWS, to - row);
      Memory.zeroFloats(scratch, (long) rows * COUNT);
      long pieceBytes = part.type.bytesFor(PIECE_COLUMNS);
      long weights = part.weights + row * part.rowBytes;
      for (int column = 0; column < part.columns; column += PIECE_COLUMNS) {
        long in = part.in + 4L * column;
        long end = in + 4L * Math.min(PIECE_COLUMNS, part.columns - column);
        for (int r = 0; r < rows; r++) {
          piece(part.type, weights + r * part.rowBytes, in, end, scratch + r * BYTES, scratch);
        }
        weights += pieceBytes;
      }
      finish(part, row, rows, scratch);
    }
  }

  private static void finish(MatmulPart part, int row, int rows, long sums) {
    for (int r = 0; r < rows; r++) {
      part.put(0, row + r, Lanes.sum(Lanes.load(sums + r * BYTES)));
    }
  }

  /**
   * Adds a piece's products to one row's vector of partial sums.
   *
   * @param end after the inputs
   */
  private static void piece(
      GgmlType type, long weights, long in, long end, long sum, long scratch) {
    switch (type) {
      case F32 -> f32(weights, in, end, sum);
      case F16 -> f16(weights, in, end, sum);
      case BF16 -> bf16(weights, in, end, sum);
      case Q4_0 -> q40(weights, in, end, sum);
      case Q8_0 -> q80(weights, in, end, sum);
      case Q4_K -> {
        Lanes.kFactors(weights, scratch + FACTORS);
        q4k(weights, in, end, sum, scratch + FACTORS);
      }
      case Q5_K -> {
        Lanes.kFactors(weights, scratch + FACTORS);
        q5k(weights, in, end, sum, scratch + FACTORS);
      }
      case Q6_K -> {
        q6kFactors(weights, scratch + FACTORS);
        q6k(weights, in, end, sum, scratch + FACTORS);
      }
      default -> throw new IllegalArgumentException("no product for " + type);
    }
  }

  private static void f32(long weights, long in, long end, long sum) {
    FloatVector s = FloatVector.fromMemorySegment(F, ALL, sum, LITTLE_ENDIAN);
    long w = weights;
    for (long x = in; x != end; x += BYTES) {
      long a = x & ADDRESSES;
      long b = w & ADDRESSES;
      s =
          FloatVector.fromMemorySegment(F, ALL, b, LITTLE_ENDIAN)
              .fma(FloatVector.fromMemorySegment(F, ALL, a, LITTLE_ENDIAN), s);
      w += BYTES;
    }
    s.intoMemorySegment(ALL, sum, LITTLE_ENDIAN);
  }

  private static void bf16(long weights, long in, long end, long sum) {
    FloatVector s = FloatVector.fromMemorySegment(F, ALL, sum, LITTLE_ENDIAN);
    long w = weights;
    for (long x = in; x != end; x += BYTES) {
      long a = x & ADDRESSES;
      long b = w & ADDRESSES;
      var shorts = ShortVector.fromMemorySegment(S, ALL, b, LITTLE_ENDIAN);
      var bits = (IntVector) shorts.convertShape(ZERO_EXTEND_S2I, I, 0);
      FloatVector value = bits.lanewise(LSHL, 16).reinterpretAsFloats();
      s = value.fma(FloatVector.fromMemorySegment(F, ALL, a, LITTLE_ENDIAN), s);
      w += BYTES / 2;
    }
    s.intoMemorySegment(ALL, sum, LITTLE_ENDIAN);
  }

  private static void f16(long weights, long in, long end, long sum) {
    FloatVector s = Lanes.load(sum);
    long w = weights;
    for (long x = in; x != end; x += BYTES) {
      s = Lanes.halves(Lanes.unsignedShorts(w)).fma(Lanes.load(x), s);
      w += BYTES / 2;
    }
    Lanes.store(s, sum);
  }

  private static void q80(long weights, long in, long end, long sum) {
    FloatVector s = FloatVector.fromMemorySegment(F, ALL, sum, LITTLE_ENDIAN);
    long block = weights;
    for (long x = in; x != end; x += 128) {
      long a = x & ADDRESSES;
      long b = block & ADDRESSES;
      FloatVector scale =
          IntVector.broadcast(I, ALL.get(INT, Lanes.HALVES + 4L * (ALL.get(SHORT, b) & 0xffff)))
              .reinterpretAsFloats();
      for (int i = 0; i < 32; i += COUNT) {
        var q =
            ByteVector.fromMemorySegment(B, ALL, b + 2 + i, LITTLE_ENDIAN).convertShape(B2I, I, 0);
        FloatVector w = ((FloatVector) q.convertShape(I2F, F, 0)).mul(scale);
        s = w.fma(FloatVector.fromMemorySegment(F, ALL, a + 4L * i, LITTLE_ENDIAN), s);
      }
      block += 34;
    }
    s.intoMemorySegment(ALL, sum, LITTLE_ENDIAN);
  }

  private static void q40(long weights, long in, long end, long sum) {
    FloatVector s = FloatVector.fromMemorySegment(F, ALL, sum, LITTLE_ENDIAN);
    long block = weights;
    for (long x = in; x != end; x += 128) {
      long a = x & ADDRESSES;
      long b = block & ADDRESSES;
      FloatVector scale =
          IntVector.broadcast(I, ALL.get(INT, Lanes.HALVES + 4L * (ALL.get(SHORT, b) & 0xffff)))
              .reinterpretAsFloats();
      FloatVector offset = scale.mul(-8f);
      for (int i = 0; i < 16; i += COUNT) {
        IntVector q =
            ((IntVector)
                    ByteVector.fromMemorySegment(B, ALL, b + 2 + i, LITTLE_ENDIAN)
                        .convertShape(ZERO_EXTEND_B2I, I, 0))
                .and(LOW_4);
        s =
            ((FloatVector) q.convertShape(I2F, F, 0))
                .fma(scale, offset)
                .fma(FloatVector.fromMemorySegment(F, ALL, a + 4L * i, LITTLE_ENDIAN), s);
      }
      for (int i = 0; i < 16; i += COUNT) {
        IntVector q =
            ((IntVector)
                    ByteVector.fromMemorySegment(B, ALL, b + 2 + i, LITTLE_ENDIAN)
                        .convertShape(ZERO_EXTEND_B2I, I, 0))
                .lanewise(LSHR, 4);
        s =
            ((FloatVector) q.convertShape(I2F, F, 0))
                .fma(scale, offset)
                .fma(FloatVector.fromMemorySegment(F, ALL, a + 64 + 4L * i, LITTLE_ENDIAN), s);
      }
      block += 18;
    }
    s.intoMemorySegment(ALL, sum, LITTLE_ENDIAN);
  }

  private static void q4k(long weights, long in, long end, long sum, long factors) {
    FloatVector s = FloatVector.fromMemorySegment(F, ALL, sum, LITTLE_ENDIAN);
    long quanta = weights + 16;
    long factor = factors;
    for (long x = in; x != end; x += 256) {
      long a = x & ADDRESSES;
      long b = quanta & ADDRESSES;
      long f = factor & ADDRESSES;
      FloatVector scale = IntVector.broadcast(I, ALL.get(INT, f)).reinterpretAsFloats();
      FloatVector offset = IntVector.broadcast(I, ALL.get(INT, f + 32)).reinterpretAsFloats();
      for (int i = 0; i < 32; i += COUNT) {
        IntVector q =
            ((IntVector)
                    ByteVector.fromMemorySegment(B, ALL, b + i, LITTLE_ENDIAN)
                        .convertShape(ZERO_EXTEND_B2I, I, 0))
                .and(LOW_4);
        s =
            ((FloatVector) q.convertShape(I2F, F, 0))
                .fma(scale, offset)
                .fma(FloatVector.fromMemorySegment(F, ALL, a + 4L * i, LITTLE_ENDIAN), s);
      }
      scale = IntVector.broadcast(I, ALL.get(INT, f + 4)).reinterpretAsFloats();
      offset = IntVector.broadcast(I, ALL.get(INT, f + 36)).reinterpretAsFloats();
      for (int i = 0; i < 32; i += COUNT) {
        IntVector q =
            ((IntVector)
                    ByteVector.fromMemorySegment(B, ALL, b + i, LITTLE_ENDIAN)
                        .convertShape(ZERO_EXTEND_B2I, I, 0))
                .lanewise(LSHR, 4);
        s =
            ((FloatVector) q.convertShape(I2F, F, 0))
                .fma(scale, offset)
                .fma(FloatVector.fromMemorySegment(F, ALL, a + 128 + 4L * i, LITTLE_ENDIAN), s);
      }
      quanta += 32;
      factor += 8;
    }
    s.intoMemorySegment(ALL, sum, LITTLE_ENDIAN);
  }

  private static void q5k(long weights, long in, long end, long sum, long factors) {
    FloatVector s = FloatVector.fromMemorySegment(F, ALL, sum, LITTLE_ENDIAN);
    int group = 0;
    for (long x = in; x != end; x += 128) {
      long a = x & ADDRESSES;
      long b = weights & ADDRESSES;
      long f = (factors + 4L * group) & ADDRESSES;
      FloatVector scale = IntVector.broadcast(I, ALL.get(INT, f)).reinterpretAsFloats();
      FloatVector offset = IntVector.broadcast(I, ALL.get(INT, f + 32)).reinterpretAsFloats();
      long quanta = (weights + 48 + (group >> 1) * 32L) & ADDRESSES;
      for (int i = 0; i < 32; i += COUNT) {
        IntVector low =
            ((IntVector)
                    ByteVector.fromMemorySegment(B, ALL, quanta + i, LITTLE_ENDIAN)
                        .convertShape(ZERO_EXTEND_B2I, I, 0))
                .lanewise(LSHR, (group & 1) * 4)
                .and(LOW_4);
        IntVector high =
            ((IntVector)
                    ByteVector.fromMemorySegment(B, ALL, b + 16 + i, LITTLE_ENDIAN)
                        .convertShape(ZERO_EXTEND_B2I, I, 0))
                .lanewise(LSHR, group);
        IntVector q = high.lanewise(LSHL, 4).and(16).or(low);
        s =
            ((FloatVector) q.convertShape(I2F, F, 0))
                .fma(scale, offset)
                .fma(FloatVector.fromMemorySegment(F, ALL, a + 4L * i, LITTLE_ENDIAN), s);
      }
      group++;
    }
    s.intoMemorySegment(ALL, sum, LITTLE_ENDIAN);
  }

  private static void q6kFactors(long block, long factors) {
    FloatVector scale = Lanes.half(block + 208);
    for (int i = 0; i < 16; i += COUNT) {
      FloatVector scales = Lanes.toFloat(Lanes.signedBytes(block + 192 + i));
      Lanes.store(scales.mul(scale), factors + 4L * i);
    }
  }

  /** Half a block at a time: four groups written out, because shifts by constants are faster. */
  @SuppressWarnings("checkstyle:methodlength")
  private static void q6k(long weights, long in, long end, long sum, long factors) {
    FloatVector s = FloatVector.fromMemorySegment(F, ALL, sum, LITTLE_ENDIAN);
    long lows = weights;
    long highs = weights + 128;
    long factor = factors;
    for (long x = in; x != end; x += 512) {
      long a = x & ADDRESSES;
      long l = lows & ADDRESSES;
      long h = highs & ADDRESSES;
      long f = factor & ADDRESSES;
      for (int i = 0; i < 32; i += COUNT) {
        IntVector q =
            ((IntVector)
                    ByteVector.fromMemorySegment(B, ALL, h + i, LITTLE_ENDIAN)
                        .convertShape(ZERO_EXTEND_B2I, I, 0))
                .lanewise(LSHL, 4)
                .and(HIGH_2)
                .or(
                    ((IntVector)
                            ByteVector.fromMemorySegment(B, ALL, l + i, LITTLE_ENDIAN)
                                .convertShape(ZERO_EXTEND_B2I, I, 0))
                        .and(LOW_4))
                .sub(32);
        FloatVector w =
            ((FloatVector) q.convertShape(I2F, F, 0))
                .mul(IntVector.broadcast(I, ALL.get(INT, f + (i >> 4) * 4L)).reinterpretAsFloats());
        s = w.fma(FloatVector.fromMemorySegment(F, ALL, a + 4L * i, LITTLE_ENDIAN), s);
      }
      for (int i = 0; i < 32; i += COUNT) {
        IntVector q =
            ((IntVector)
                    ByteVector.fromMemorySegment(B, ALL, h + i, LITTLE_ENDIAN)
                        .convertShape(ZERO_EXTEND_B2I, I, 0))
                .lanewise(LSHL, 2)
                .and(HIGH_2)
                .or(
                    ((IntVector)
                            ByteVector.fromMemorySegment(B, ALL, l + 32 + i, LITTLE_ENDIAN)
                                .convertShape(ZERO_EXTEND_B2I, I, 0))
                        .and(LOW_4))
                .sub(32);
        FloatVector w =
            ((FloatVector) q.convertShape(I2F, F, 0))
                .mul(
                    IntVector.broadcast(I, ALL.get(INT, f + 8 + (i >> 4) * 4L))
                        .reinterpretAsFloats());
        s = w.fma(FloatVector.fromMemorySegment(F, ALL, a + 128 + 4L * i, LITTLE_ENDIAN), s);
      }
      for (int i = 0; i < 32; i += COUNT) {
        IntVector q =
            ((IntVector)
                    ByteVector.fromMemorySegment(B, ALL, h + i, LITTLE_ENDIAN)
                        .convertShape(ZERO_EXTEND_B2I, I, 0))
                .and(HIGH_2)
                .or(
                    ((IntVector)
                            ByteVector.fromMemorySegment(B, ALL, l + i, LITTLE_ENDIAN)
                                .convertShape(ZERO_EXTEND_B2I, I, 0))
                        .lanewise(LSHR, 4))
                .sub(32);
        FloatVector w =
            ((FloatVector) q.convertShape(I2F, F, 0))
                .mul(
                    IntVector.broadcast(I, ALL.get(INT, f + 16 + (i >> 4) * 4L))
                        .reinterpretAsFloats());
        s = w.fma(FloatVector.fromMemorySegment(F, ALL, a + 256 + 4L * i, LITTLE_ENDIAN), s);
      }
      for (int i = 0; i < 32; i += COUNT) {
        IntVector q =
            ((IntVector)
                    ByteVector.fromMemorySegment(B, ALL, h + i, LITTLE_ENDIAN)
                        .convertShape(ZERO_EXTEND_B2I, I, 0))
                .lanewise(LSHR, 2)
                .and(HIGH_2)
                .or(
                    ((IntVector)
                            ByteVector.fromMemorySegment(B, ALL, l + 32 + i, LITTLE_ENDIAN)
                                .convertShape(ZERO_EXTEND_B2I, I, 0))
                        .lanewise(LSHR, 4))
                .sub(32);
        FloatVector w =
            ((FloatVector) q.convertShape(I2F, F, 0))
                .mul(
                    IntVector.broadcast(I, ALL.get(INT, f + 24 + (i >> 4) * 4L))
                        .reinterpretAsFloats());
        s = w.fma(FloatVector.fromMemorySegment(F, ALL, a + 384 + 4L * i, LITTLE_ENDIAN), s);
      }
      lows += 64;
      highs += 32;
      factor += 32;
    }
    s.intoMemorySegment(ALL, sum, LITTLE_ENDIAN);
  }
}

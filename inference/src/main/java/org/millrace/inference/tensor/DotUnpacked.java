package org.millrace.inference.tensor;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.VectorOperators.B2I;
import static jdk.incubator.vector.VectorOperators.I2F;
import static org.millrace.inference.tensor.Lanes.B;
import static org.millrace.inference.tensor.Lanes.BYTES;
import static org.millrace.inference.tensor.Lanes.COUNT;
import static org.millrace.inference.tensor.Lanes.F;
import static org.millrace.inference.tensor.Lanes.I;
import static org.millrace.inference.tensor.Memory.ADDRESSES;
import static org.millrace.inference.tensor.Memory.ALL;
import static org.millrace.inference.tensor.VectorDot.FACTORS;
import static org.millrace.inference.tensor.VectorDot.FACTORS_APART;
import static org.millrace.inference.tensor.VectorDot.INT;

import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import org.millrace.inference.gguf.GgmlType;

/**
 * {@link VectorDot}'s products of types whose quanta lie in parts, or stand for values of a table.
 * A piece's quanta are first written to the scratch, a signed byte each, 16 or 32 by an
 * instruction, which takes less than half the instructions of putting them together as ints.
 */
final class DotUnpacked {
  private static final long QUANTA = FACTORS + 2 * FACTORS_APART;
  private static final long QUANTA_APART = VectorDot.PIECE_COLUMNS;

  private DotUnpacked() {}

  static void run(GgmlType type, long weights, long apart, long in, long end, long scratch) {
    for (int row = 0; row < 2; row++) {
      long quanta = scratch + QUANTA + row * QUANTA_APART;
      long quantaEnd = quanta + (end - in) / Float.BYTES;
      long factors = scratch + FACTORS + row * FACTORS_APART;
      unpack(type, weights + row * apart, quanta, quantaEnd, factors);
    }
    switch (type) {
      case Q4_1, Q5_1, Q5_K -> sumsWithOffsets(in, end, scratch, 32);
      case Q2_K -> sumsWithOffsets(in, end, scratch, 16);
      default -> sums(in, end, scratch);
    }
  }

  private static void unpack(GgmlType type, long weights, long quanta, long end, long factors) {
    switch (type) {
      case Q4_0 -> UnpackedPairs.q40(weights, quanta, end, factors);
      case Q4_1 -> UnpackedPairs.q41(weights, quanta, end, factors);
      case Q5_0 -> UnpackedPairs.q50(weights, quanta, end, factors);
      case Q5_1 -> UnpackedPairs.q51(weights, quanta, end, factors);
      case IQ4_NL -> UnpackedPairs.iq4nl(weights, quanta, end, factors);
      case IQ4_XS -> UnpackedPairs.iq4xs(weights, quanta, end, factors);
      case Q2_K -> UnpackedGroups.q2k(weights, quanta, end, factors);
      case Q3_K -> UnpackedGroups.q3k(weights, quanta, end, factors);
      case Q5_K -> UnpackedGroups.q5k(weights, quanta, end, factors);
      case Q6_K -> UnpackedGroups.q6k(weights, quanta, end, factors);
      default -> throw new IllegalArgumentException("no product for " + type);
    }
  }

  /** Each sixteen have a scale. */
  private static void sums(long in, long end, long scratch) {
    FloatVector s = FloatVector.fromMemorySegment(F, ALL, scratch, LITTLE_ENDIAN);
    FloatVector t = FloatVector.fromMemorySegment(F, ALL, scratch + BYTES, LITTLE_ENDIAN);
    long quanta = scratch + QUANTA;
    long factors = scratch + FACTORS;
    for (long x = in; x != end; x += 128) {
      long from = x & ADDRESSES;
      long a = quanta & ADDRESSES;
      long b = (quanta + QUANTA_APART) & ADDRESSES;
      long f = factors & ADDRESSES;
      for (int i = 0; i < 32; i += COUNT) {
        FloatVector v = FloatVector.fromMemorySegment(F, ALL, from + 4L * i, LITTLE_ENDIAN);
        FloatVector scaleA =
            IntVector.broadcast(I, ALL.get(INT, f + (i >> 4) * 4L)).reinterpretAsFloats();
        FloatVector scaleB =
            IntVector.broadcast(I, ALL.get(INT, f + FACTORS_APART + (i >> 4) * 4L))
                .reinterpretAsFloats();
        s =
            ((FloatVector)
                    ByteVector.fromMemorySegment(B, ALL, a + i, LITTLE_ENDIAN)
                        .convertShape(B2I, I, 0)
                        .convertShape(I2F, F, 0))
                .mul(scaleA)
                .fma(v, s);
        t =
            ((FloatVector)
                    ByteVector.fromMemorySegment(B, ALL, b + i, LITTLE_ENDIAN)
                        .convertShape(B2I, I, 0)
                        .convertShape(I2F, F, 0))
                .mul(scaleB)
                .fma(v, t);
      }
      quanta += 32;
      factors += 8;
    }
    s.intoMemorySegment(ALL, scratch, LITTLE_ENDIAN);
    t.intoMemorySegment(ALL, scratch + BYTES, LITTLE_ENDIAN);
  }

  /** Each group has a scale and an offset, those of 256 weights together. */
  private static void sumsWithOffsets(long in, long end, long scratch, int groupColumns) {
    FloatVector s = FloatVector.fromMemorySegment(F, ALL, scratch, LITTLE_ENDIAN);
    FloatVector t = FloatVector.fromMemorySegment(F, ALL, scratch + BYTES, LITTLE_ENDIAN);
    long quanta = scratch + QUANTA;
    long factors = scratch + FACTORS;
    // All scales of 256 weights, before their offsets.
    long scales = 4 * 256 / groupColumns;
    long next = groupColumns == 16 ? 4 : 0;
    long at = 0;
    for (long x = in; x != end; x += 128) {
      long from = x & ADDRESSES;
      long a = quanta & ADDRESSES;
      long b = (quanta + QUANTA_APART) & ADDRESSES;
      for (int i = 0; i < 32; i += COUNT) {
        long f = (factors + at + (i >> 4) * next) & ADDRESSES;
        FloatVector v = FloatVector.fromMemorySegment(F, ALL, from + 4L * i, LITTLE_ENDIAN);
        FloatVector scaleA = IntVector.broadcast(I, ALL.get(INT, f)).reinterpretAsFloats();
        FloatVector scaleB =
            IntVector.broadcast(I, ALL.get(INT, f + FACTORS_APART)).reinterpretAsFloats();
        FloatVector offsetA =
            IntVector.broadcast(I, ALL.get(INT, f + scales)).reinterpretAsFloats();
        FloatVector offsetB =
            IntVector.broadcast(I, ALL.get(INT, f + FACTORS_APART + scales)).reinterpretAsFloats();
        s =
            ((FloatVector)
                    ByteVector.fromMemorySegment(B, ALL, a + i, LITTLE_ENDIAN)
                        .convertShape(B2I, I, 0)
                        .convertShape(I2F, F, 0))
                .fma(scaleA, offsetA)
                .fma(v, s);
        t =
            ((FloatVector)
                    ByteVector.fromMemorySegment(B, ALL, b + i, LITTLE_ENDIAN)
                        .convertShape(B2I, I, 0)
                        .convertShape(I2F, F, 0))
                .fma(scaleB, offsetB)
                .fma(v, t);
      }
      quanta += 32;
      at += 4 + next;
      at += at & scales;
    }
    s.intoMemorySegment(ALL, scratch, LITTLE_ENDIAN);
    t.intoMemorySegment(ALL, scratch + BYTES, LITTLE_ENDIAN);
  }
}

package org.millrace.inference.tensor;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.VectorOperators.B2I;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.ZERO_EXTEND_B2I;
import static org.millrace.inference.tensor.Lanes.B;
import static org.millrace.inference.tensor.Lanes.COUNT;
import static org.millrace.inference.tensor.Lanes.F;
import static org.millrace.inference.tensor.Lanes.I;
import static org.millrace.inference.tensor.Memory.ADDRESSES;
import static org.millrace.inference.tensor.Memory.ALL;

import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link DotUnpacked}'s quanta of blocks of 256 weights, put together from their parts, and their
 * groups' factors: those of 256 weights together, a scale for each sixteen; or a scale for each
 * group, then an offset for each. Each method goes on until its quanta reach {@code end}.
 *
 * <p>Works on 32 bytes as ints: what a shift moves over a byte's end is masked away.
 */
final class UnpackedGroups {
  private static final VectorSpecies<Integer> EIGHT = IntVector.SPECIES_256;
  private static final int LOW_2 = 0x03030303;
  private static final int LOW_4 = 0x0f0f0f0f;
  private static final int BIT_2 = 0x04040404;
  private static final int BIT_4 = 0x10101010;
  private static final int BITS_4_5 = 0x30303030;

  private UnpackedGroups() {}

  /** Quanta of 0 to 3: of each half 32 bytes of four. */
  static void q2k(long weights, long quanta, long end, long factors) {
    long block = weights;
    long factor = factors;
    for (long to = quanta; to != end; to += 256) {
      q2kFactors(block, factor);
      for (int half = 0; half < 2; half++) {
        IntVector bits =
            IntVector.fromMemorySegment(
                EIGHT, ALL, (block + 16 + 32L * half) & ADDRESSES, LITTLE_ENDIAN);
        for (int i = 0; i < 4; i++) {
          bits.and(LOW_2)
              .reinterpretAsBytes()
              .intoMemorySegment(ALL, (to + 128L * half + 32L * i) & ADDRESSES, LITTLE_ENDIAN);
          bits = bits.lanewise(LSHR, 2);
        }
      }
      block += 84;
      factor += 128;
    }
  }

  private static void q2kFactors(long block, long to) {
    FloatVector scale = FloatVector.broadcast(F, Memory.getHalf(block + 80));
    FloatVector minimum = FloatVector.broadcast(F, -Memory.getHalf(block + 82));
    for (int i = 0; i < 16; i += COUNT) {
      IntVector pairs =
          (IntVector)
              ByteVector.fromMemorySegment(B, ALL, (block + i) & ADDRESSES, LITTLE_ENDIAN)
                  .convertShape(ZERO_EXTEND_B2I, I, 0);
      ((FloatVector) pairs.and(15).convertShape(I2F, F, 0))
          .mul(scale)
          .intoMemorySegment(ALL, (to + 4L * i) & ADDRESSES, LITTLE_ENDIAN);
      ((FloatVector) pairs.lanewise(LSHR, 4).convertShape(I2F, F, 0))
          .mul(minimum)
          .intoMemorySegment(ALL, (to + 64 + 4L * i) & ADDRESSES, LITTLE_ENDIAN);
    }
  }

  /** Quanta of -4 to 3: low bits as in Q2_K; the third bits of all groups in 32 bytes. */
  static void q3k(long weights, long quanta, long end, long factors) {
    long block = weights;
    long factor = factors;
    for (long to = quanta; to != end; to += 256) {
      q3kFactors(block, to, factor);
      IntVector third = IntVector.fromMemorySegment(EIGHT, ALL, block & ADDRESSES, LITTLE_ENDIAN);
      for (int half = 0; half < 2; half++) {
        IntVector bits =
            IntVector.fromMemorySegment(
                EIGHT, ALL, (block + 32 + 32L * half) & ADDRESSES, LITTLE_ENDIAN);
        for (int i = 0; i < 4; i++) {
          IntVector q = bits.and(LOW_2).or(third.lanewise(LSHL, 2).and(BIT_2));
          q.reinterpretAsBytes()
              .sub((byte) 4)
              .intoMemorySegment(ALL, (to + 128L * half + 32L * i) & ADDRESSES, LITTLE_ENDIAN);
          bits = bits.lanewise(LSHR, 2);
          third = third.lanewise(LSHR, 1);
        }
      }
      block += 110;
      factor += 64;
    }
  }

  /** Puts six-bit scales together where quanta will be, four at a time, then makes floats. */
  private static void q3kFactors(long block, long room, long to) {
    int low = Memory.getInt(block + 96);
    int nextLow = Memory.getInt(block + 100);
    int high = Memory.getInt(block + 104);
    Memory.setInt(room, low & LOW_4 | (high & LOW_2) << 4);
    Memory.setInt(room + 4, nextLow & LOW_4 | (high >>> 2 & LOW_2) << 4);
    Memory.setInt(room + 8, low >>> 4 & LOW_4 | (high >>> 4 & LOW_2) << 4);
    Memory.setInt(room + 12, nextLow >>> 4 & LOW_4 | (high >>> 6 & LOW_2) << 4);
    FloatVector scale = FloatVector.broadcast(F, Memory.getHalf(block + 108));
    for (int i = 0; i < 16; i += COUNT) {
      IntVector scales =
          ((IntVector)
                  ByteVector.fromMemorySegment(B, ALL, (room + i) & ADDRESSES, LITTLE_ENDIAN)
                      .convertShape(ZERO_EXTEND_B2I, I, 0))
              .sub(32);
      ((FloatVector) scales.convertShape(I2F, F, 0))
          .mul(scale)
          .intoMemorySegment(ALL, (to + 4L * i) & ADDRESSES, LITTLE_ENDIAN);
    }
  }

  /** Quanta of 0 to 31: the low four bits in pairs, the fifth bits of all groups in 32 bytes. */
  static void q5k(long weights, long quanta, long end, long factors) {
    long block = weights;
    long factor = factors;
    for (long to = quanta; to != end; to += 256) {
      Lanes.kFactors(block, factor);
      IntVector fifth =
          IntVector.fromMemorySegment(EIGHT, ALL, (block + 16) & ADDRESSES, LITTLE_ENDIAN);
      for (int i = 0; i < 4; i++) {
        IntVector pairs =
            IntVector.fromMemorySegment(
                EIGHT, ALL, (block + 48 + 32L * i) & ADDRESSES, LITTLE_ENDIAN);
        IntVector low = pairs.and(LOW_4).or(fifth.lanewise(LSHL, 4).and(BIT_4));
        pairs = pairs.lanewise(LSHR, 4);
        IntVector high = pairs.and(LOW_4).or(fifth.lanewise(LSHL, 3).and(BIT_4));
        low.reinterpretAsBytes().intoMemorySegment(ALL, (to + 64L * i) & ADDRESSES, LITTLE_ENDIAN);
        high.reinterpretAsBytes()
            .intoMemorySegment(ALL, (to + 64L * i + 32) & ADDRESSES, LITTLE_ENDIAN);
        fifth = fifth.lanewise(LSHR, 2);
      }
      block += 176;
      factor += 64;
    }
  }

  /** Quanta of -32 to 31: of each half 64 bytes of pairs, then 32 of the upper two bits. */
  static void q6k(long weights, long quanta, long end, long factors) {
    long block = weights;
    long factor = factors;
    for (long to = quanta; to != end; to += 256) {
      q6kFactors(block, factor);
      for (int half = 0; half < 2; half++) {
        IntVector first =
            IntVector.fromMemorySegment(
                EIGHT, ALL, (block + 64L * half) & ADDRESSES, LITTLE_ENDIAN);
        IntVector second =
            IntVector.fromMemorySegment(
                EIGHT, ALL, (block + 64L * half + 32) & ADDRESSES, LITTLE_ENDIAN);
        IntVector high =
            IntVector.fromMemorySegment(
                EIGHT, ALL, (block + 128 + 32L * half) & ADDRESSES, LITTLE_ENDIAN);
        for (int i = 0; i < 2; i++) {
          IntVector q = first.and(LOW_4).or(high.lanewise(LSHL, 4).and(BITS_4_5));
          IntVector r = second.and(LOW_4).or(high.lanewise(LSHL, 2).and(BITS_4_5));
          q.reinterpretAsBytes()
              .sub((byte) 32)
              .intoMemorySegment(ALL, (to + 128L * half + 64L * i) & ADDRESSES, LITTLE_ENDIAN);
          r.reinterpretAsBytes()
              .sub((byte) 32)
              .intoMemorySegment(ALL, (to + 128L * half + 64L * i + 32) & ADDRESSES, LITTLE_ENDIAN);
          first = first.lanewise(LSHR, 4);
          second = second.lanewise(LSHR, 4);
          high = high.lanewise(LSHR, 4);
        }
      }
      block += 210;
      factor += 64;
    }
  }

  private static void q6kFactors(long block, long to) {
    FloatVector scale = FloatVector.broadcast(F, Memory.getHalf(block + 208));
    for (int i = 0; i < 16; i += COUNT) {
      var scales =
          (IntVector)
              ByteVector.fromMemorySegment(B, ALL, (block + 192 + i) & ADDRESSES, LITTLE_ENDIAN)
                  .convertShape(B2I, I, 0);
      ((FloatVector) scales.convertShape(I2F, F, 0))
          .mul(scale)
          .intoMemorySegment(ALL, (to + 4L * i) & ADDRESSES, LITTLE_ENDIAN);
    }
  }
}

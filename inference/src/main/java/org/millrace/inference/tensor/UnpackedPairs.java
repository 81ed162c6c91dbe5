package org.millrace.inference.tensor;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static org.millrace.inference.tensor.Memory.ADDRESSES;
import static org.millrace.inference.tensor.Memory.ALL;

import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link DotUnpacked}'s quanta that lie in pairs, sixteen bytes for 32 weights, and their factors:
 * a scale for each sixteen; or, of 256 weights together, a scale for each 32, then an offset for
 * each. Each method goes on until its quanta reach {@code end}.
 */
final class UnpackedPairs {
  private static final VectorSpecies<Byte> SIXTEEN = ByteVector.SPECIES_128;
  private static final VectorSpecies<Integer> FOUR = IntVector.SPECIES_128;
  private static final int LOW_4 = 0x0f0f0f0f;
  private static final ByteVector IQ4_VALUES = iq4Values();

  private UnpackedPairs() {}

  static void q40(long weights, long quanta, long end, long factors) {
    long block = weights;
    long factor = factors;
    for (long to = quanta; to != end; to += 32) {
      scaleTwice(block, factor);
      IntVector pairs =
          IntVector.fromMemorySegment(FOUR, ALL, (block + 2) & ADDRESSES, LITTLE_ENDIAN);
      pairs
          .and(LOW_4)
          .reinterpretAsBytes()
          .sub((byte) 8)
          .intoMemorySegment(ALL, to & ADDRESSES, LITTLE_ENDIAN);
      pairs
          .lanewise(LSHR, 4)
          .and(LOW_4)
          .reinterpretAsBytes()
          .sub((byte) 8)
          .intoMemorySegment(ALL, (to + 16) & ADDRESSES, LITTLE_ENDIAN);
      block += 18;
      factor += 8;
    }
  }

  static void q41(long weights, long quanta, long end, long factors) {
    long block = weights;
    long at = 0;
    for (long to = quanta; to != end; to += 32) {
      scaleAndOffset(block, factors + at);
      IntVector pairs =
          IntVector.fromMemorySegment(FOUR, ALL, (block + 4) & ADDRESSES, LITTLE_ENDIAN);
      pairs.and(LOW_4).reinterpretAsBytes().intoMemorySegment(ALL, to & ADDRESSES, LITTLE_ENDIAN);
      pairs
          .lanewise(LSHR, 4)
          .and(LOW_4)
          .reinterpretAsBytes()
          .intoMemorySegment(ALL, (to + 16) & ADDRESSES, LITTLE_ENDIAN);
      block += 20;
      at = nextGroup(at);
    }
  }

  /** Quanta of -16 to 15: sixteen less where the fifth bit is not set. */
  static void q50(long weights, long quanta, long end, long factors) {
    long block = weights;
    long factor = factors;
    for (long to = quanta; to != end; to += 32) {
      scaleTwice(block, factor);
      int without = ~Memory.getInt(block + 2);
      IntVector pairs =
          IntVector.fromMemorySegment(FOUR, ALL, (block + 6) & ADDRESSES, LITTLE_ENDIAN);
      pairs
          .and(LOW_4)
          .reinterpretAsBytes()
          .sub((byte) 16, VectorMask.fromLong(SIXTEEN, without & 0xffff))
          .intoMemorySegment(ALL, to & ADDRESSES, LITTLE_ENDIAN);
      pairs
          .lanewise(LSHR, 4)
          .and(LOW_4)
          .reinterpretAsBytes()
          .sub((byte) 16, VectorMask.fromLong(SIXTEEN, without >>> 16))
          .intoMemorySegment(ALL, (to + 16) & ADDRESSES, LITTLE_ENDIAN);
      block += 22;
      factor += 8;
    }
  }

  static void q51(long weights, long quanta, long end, long factors) {
    long block = weights;
    long at = 0;
    for (long to = quanta; to != end; to += 32) {
      scaleAndOffset(block, factors + at);
      int fifths = Memory.getInt(block + 4);
      IntVector pairs =
          IntVector.fromMemorySegment(FOUR, ALL, (block + 8) & ADDRESSES, LITTLE_ENDIAN);
      pairs
          .and(LOW_4)
          .reinterpretAsBytes()
          .add((byte) 16, VectorMask.fromLong(SIXTEEN, fifths & 0xffff))
          .intoMemorySegment(ALL, to & ADDRESSES, LITTLE_ENDIAN);
      pairs
          .lanewise(LSHR, 4)
          .and(LOW_4)
          .reinterpretAsBytes()
          .add((byte) 16, VectorMask.fromLong(SIXTEEN, fifths >>> 16))
          .intoMemorySegment(ALL, (to + 16) & ADDRESSES, LITTLE_ENDIAN);
      block += 24;
      at = nextGroup(at);
    }
  }

  static void iq4nl(long weights, long quanta, long end, long factors) {
    long block = weights;
    long factor = factors;
    for (long to = quanta; to != end; to += 32) {
      scaleTwice(block, factor);
      iq4(block + 2, to);
      block += 18;
      factor += 8;
    }
  }

  static void iq4xs(long weights, long quanta, long end, long factors) {
    long block = weights;
    long factor = factors;
    for (long to = quanta; to != end; to += 256) {
      float scale = Memory.getHalf(block);
      for (int group = 0; group < 8; group++) {
        float own = scale * ScalarDecode.iq4xsScale(block, group);
        Memory.setFloat(factor + 8L * group, own);
        Memory.setFloat(factor + 8L * group + 4, own);
        iq4(block + 8 + 16L * group, to + 32L * group);
      }
      block += 136;
      factor += 64;
    }
  }

  private static void iq4(long codes, long to) {
    IntVector pairs = IntVector.fromMemorySegment(FOUR, ALL, codes & ADDRESSES, LITTLE_ENDIAN);
    pairs
        .and(LOW_4)
        .reinterpretAsBytes()
        .selectFrom(IQ4_VALUES)
        .intoMemorySegment(ALL, to & ADDRESSES, LITTLE_ENDIAN);
    pairs
        .lanewise(LSHR, 4)
        .and(LOW_4)
        .reinterpretAsBytes()
        .selectFrom(IQ4_VALUES)
        .intoMemorySegment(ALL, (to + 16) & ADDRESSES, LITTLE_ENDIAN);
  }

  /** A block's scale, for both sixteens of its weights. */
  private static void scaleTwice(long block, long to) {
    float scale = Memory.getHalf(block);
    Memory.setFloat(to, scale);
    Memory.setFloat(to + 4, scale);
  }

  private static void scaleAndOffset(long block, long to) {
    Memory.setFloat(to, Memory.getHalf(block));
    Memory.setFloat(to + 32, Memory.getHalf(block + 2));
  }

  /** Where the next scale of groups of 32 is: eight offsets follow eight scales. */
  private static long nextGroup(long at) {
    long next = at + 4;
    return next + (next & 32);
  }

  private static ByteVector iq4Values() {
    byte[] values = new byte[16];
    for (int i = 0; i < values.length; i++) {
      values[i] = (byte) ScalarDecode.IQ4_VALUES[i];
    }
    return ByteVector.fromArray(SIXTEEN, values, 0);
  }
}

package org.millrace.inference.tensor;

import java.lang.foreign.Arena;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * The machine's preferred vectors and the few things the kernels do with them.
 *
 * <p>Sums over lanes are folded here in a fixed order, because {@code reduceLanes} may add in
 * another order before it is compiled than after; and e^x is computed here for the same reason.
 */
final class Lanes {
  static final VectorSpecies<Float> F = FloatVector.SPECIES_PREFERRED;
  static final int COUNT = F.length();
  static final long BYTES = (long) COUNT * Float.BYTES;

  static final VectorSpecies<Integer> I = F.withLanes(int.class);
  // A quarter of a float vector; machines with 128-bit vectors have none so short.
  static final boolean HAS_BYTES = F.vectorBitSize() >= 256;
  static final VectorSpecies<Byte> B =
      HAS_BYTES
          ? VectorSpecies.of(byte.class, VectorShape.forBitSize(F.vectorBitSize() / 4))
          : ByteVector.SPECIES_64;
  static final VectorSpecies<Short> S =
      VectorSpecies.of(short.class, VectorShape.forBitSize(F.vectorBitSize() / 2));
  private static final IntVector BYTE_SHIFTS = IntVector.broadcast(I, 0).addIndex(8);
  private static final IntVector TOP_SHIFTS = IntVector.broadcast(I, 24).addIndex(-8);
  static final boolean HAS_16 = COUNT == 16;
  // Of every float16 its float32: read from memory they spread over a vector at no cost.
  static final long HALVES = halfTable();
  private static final VectorShuffle<Integer> K_LOW =
      shuffle(4, 5, 6, 7, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15);
  private static final IntVector K_LOW_SHIFT = ints(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 4, 4, 4);
  private static final IntVector K_LOW_BITS =
      ints(63, 63, 63, 63, 15, 15, 15, 15, 63, 63, 63, 63, 15, 15, 15, 15);
  private static final VectorShuffle<Integer> K_HIGH =
      shuffle(0, 0, 0, 0, 4, 5, 6, 7, 0, 0, 0, 0, 8, 9, 10, 11);
  private static final IntVector K_HIGH_BITS =
      ints(0, 0, 0, 0, 48, 48, 48, 48, 0, 0, 0, 0, 48, 48, 48, 48);
  private static final IntVector REBASED = IntVector.broadcast(I, 112 << 23);
  private static final VectorMask<Float> K_MINIMA = F.indexInRange(-8, 8);
  private static final VectorShuffle<Float> FOLD_8 = rotateBy(8);
  private static final VectorShuffle<Float> FOLD_4 = rotateBy(4);
  private static final VectorShuffle<Float> FOLD_2 = rotateBy(2);
  private static final VectorShuffle<Float> FOLD_1 = rotateBy(1);

  private Lanes() {}

  static FloatVector load(long address) {
    return FloatVector.fromMemorySegment(F, Memory.ALL, address, ByteOrder.LITTLE_ENDIAN);
  }

  static FloatVector load(long address, VectorMask<Float> mask) {
    return FloatVector.fromMemorySegment(F, Memory.ALL, address, ByteOrder.LITTLE_ENDIAN, mask);
  }

  static void store(FloatVector vector, long address) {
    vector.intoMemorySegment(Memory.ALL, address, ByteOrder.LITTLE_ENDIAN);
  }

  static FloatVector zero() {
    return FloatVector.zero(F);
  }

  /** The first {@code count} lanes. */
  static VectorMask<Float> first(int count) {
    return F.indexInRange(0, count);
  }

  /** As many bytes as there are lanes, each as an int of 0 to 255. */
  static IntVector unsignedBytes(long address) {
    if (HAS_BYTES) {
      ByteVector bytes =
          ByteVector.fromMemorySegment(B, Memory.ALL, address, ByteOrder.LITTLE_ENDIAN);
      return (IntVector) bytes.convertShape(VectorOperators.ZERO_EXTEND_B2I, I, 0);
    }
    return IntVector.broadcast(I, Memory.getInt(address))
        .lanewise(VectorOperators.LSHR, BYTE_SHIFTS)
        .and(0xff);
  }

  /** As many bytes as there are lanes, each as an int of -128 to 127. */
  static IntVector signedBytes(long address) {
    if (HAS_BYTES) {
      ByteVector bytes =
          ByteVector.fromMemorySegment(B, Memory.ALL, address, ByteOrder.LITTLE_ENDIAN);
      return (IntVector) bytes.convertShape(VectorOperators.B2I, I, 0);
    }
    return IntVector.broadcast(I, Memory.getInt(address))
        .lanewise(VectorOperators.LSHL, TOP_SHIFTS)
        .lanewise(VectorOperators.ASHR, 24);
  }

  /** As many 16-bit words as there are lanes, each as an int of 0 to 65535. */
  static IntVector unsignedShorts(long address) {
    ShortVector shorts =
        ShortVector.fromMemorySegment(S, Memory.ALL, address, ByteOrder.LITTLE_ENDIAN);
    return (IntVector) shorts.convertShape(VectorOperators.ZERO_EXTEND_S2I, I, 0);
  }

  static FloatVector toFloat(IntVector ints) {
    return (FloatVector) ints.convertShape(VectorOperators.I2F, F, 0);
  }

  /**
   * Float16 bits to float32: the exponent is rebased. A subnormal is written as the fraction of the
   * smallest normal number, which is then taken away, because products of subnormals are slow.
   */
  static FloatVector halves(IntVector bits) {
    IntVector magnitude = bits.and(0x7fff).lanewise(VectorOperators.LSHL, 13);
    IntVector sign = bits.and(0x8000).lanewise(VectorOperators.LSHL, 16);
    IntVector normal = magnitude.add(REBASED);
    // Infinities and NaN keep the largest exponent.
    normal = normal.add(REBASED, magnitude.compare(VectorOperators.GE, 0x7c00 << 13));
    FloatVector subnormal = normal.add(1 << 23).reinterpretAsFloats().sub(0x1p-14f);
    var isSubnormal = magnitude.compare(VectorOperators.LT, 1 << 23);
    return normal.blend(subnormal.reinterpretAsInts(), isSubnormal).or(sign).reinterpretAsFloats();
  }

  /** One float, in all lanes. */
  static FloatVector spread(long address) {
    return IntVector.broadcast(I, Memory.getInt(address)).reinterpretAsFloats();
  }

  /** One float16, as float32 in all lanes. */
  static FloatVector half(long address) {
    return spread(HALVES + 4L * (Memory.getShort(address) & 0xffff));
  }

  /** Writes a Q4_K or Q5_K block's eight scales, then its eight minima with their signs changed. */
  static void kFactors(long block, long to) {
    if (HAS_16) {
      // The Vector API itself and no helper, which the compiler might not inline: see VectorDot.
      var bytes =
          (IntVector)
              ByteVector.fromMemorySegment(B, Memory.ALL, block, ByteOrder.LITTLE_ENDIAN)
                  .convertShape(VectorOperators.ZERO_EXTEND_B2I, I, 0);
      IntVector low =
          bytes.rearrange(K_LOW).lanewise(VectorOperators.LSHR, K_LOW_SHIFT).and(K_LOW_BITS);
      IntVector high = bytes.rearrange(K_HIGH).lanewise(VectorOperators.LSHR, 2).and(K_HIGH_BITS);
      float scale = Memory.getFloat(HALVES + 4L * (Memory.getShort(block) & 0xffff));
      float minimum = Memory.getFloat(HALVES + 4L * (Memory.getShort(block + 2) & 0xffff));
      FloatVector factors = FloatVector.broadcast(F, scale).blend(-minimum, K_MINIMA);
      ((FloatVector) low.or(high).convertShape(VectorOperators.I2F, F, 0))
          .mul(factors)
          .intoMemorySegment(Memory.ALL, to, ByteOrder.LITTLE_ENDIAN);
      return;
    }
    float scale = Memory.getHalf(block);
    float minimum = -Memory.getHalf(block + 2);
    for (int group = 0; group < 8; group++) {
      Memory.setFloat(to + 4L * group, scale * ScalarDecode.kScale(block + 4, group));
      Memory.setFloat(to + 32 + 4L * group, minimum * ScalarDecode.kMinimum(block + 4, group));
    }
  }

  /** The sum of all lanes, folded by halves. */
  static float sum(FloatVector vector) {
    FloatVector folded = vector;
    if (COUNT >= 16) {
      folded = folded.add(folded.rearrange(FOLD_8));
    }
    if (COUNT >= 8) {
      folded = folded.add(folded.rearrange(FOLD_4));
    }
    folded = folded.add(folded.rearrange(FOLD_2));
    folded = folded.add(folded.rearrange(FOLD_1));
    return folded.lane(0);
  }

  /**
   * e^x to about one unit in the last place for x up to 88; 0 below -87.3.
   *
   * <p>x = n ln 2 + r with |r| at most ln(2)/2, then the Taylor series of e^r to the seventh power
   * and n added to the exponent. Cody and Waite 1980, chapter 6.
   */
  static FloatVector exp(FloatVector x) {
    FloatVector clamped = x.min(88f).max(-87.3f);
    // Adding 1.5 * 2^23 rounds to a whole number and leaves it in the low bits.
    FloatVector shifted = clamped.mul(1.44269504f).add(12582912f);
    FloatVector n = shifted.sub(12582912f);
    FloatVector r = n.fma(broadcast(-0.693359375f), clamped);
    r = n.fma(broadcast(2.12194440e-4f), r);
    FloatVector p = r.fma(broadcast(1f / 5040), broadcast(1f / 720));
    p = p.fma(r, broadcast(1f / 120));
    p = p.fma(r, broadcast(1f / 24));
    p = p.fma(r, broadcast(1f / 6));
    p = p.fma(r, broadcast(0.5f));
    p = p.fma(r, broadcast(1f));
    p = p.fma(r, broadcast(1f));
    IntVector exponent = shifted.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23);
    FloatVector power = p.reinterpretAsInts().add(exponent).reinterpretAsFloats();
    return power.blend(0f, x.compare(VectorOperators.LT, -87.3f));
  }

  private static long halfTable() {
    long table = Arena.global().allocate(Float.BYTES << 16, 64).address();
    for (int bits = 0; bits < 1 << 16; bits++) {
      Memory.setFloat(table + 4L * bits, Float.float16ToFloat((short) bits));
    }
    return table;
  }

  /** As many of sixteen as there are lanes. */
  private static IntVector ints(int... sixteen) {
    return IntVector.fromArray(I, sixteen, 0);
  }

  private static VectorShuffle<Integer> shuffle(int... sixteen) {
    return VectorShuffle.fromOp(I, lane -> sixteen[lane] % COUNT);
  }

  private static FloatVector broadcast(float value) {
    return FloatVector.broadcast(F, value);
  }

  private static VectorShuffle<Float> rotateBy(int lanes) {
    return VectorShuffle.iota(F, lanes % COUNT, 1, true);
  }
}

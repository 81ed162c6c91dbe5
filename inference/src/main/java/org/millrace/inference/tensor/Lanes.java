package org.millrace.inference.tensor;

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

  private static final VectorSpecies<Integer> I = F.withLanes(int.class);
  // A quarter of a float vector; machines with 128-bit vectors have none so short.
  private static final boolean HAS_BYTES = F.vectorBitSize() >= 256;
  private static final VectorSpecies<Byte> B =
      HAS_BYTES
          ? VectorSpecies.of(byte.class, VectorShape.forBitSize(F.vectorBitSize() / 4))
          : ByteVector.SPECIES_64;
  private static final VectorSpecies<Short> S =
      VectorSpecies.of(short.class, VectorShape.forBitSize(F.vectorBitSize() / 2));
  private static final IntVector BYTE_SHIFTS = IntVector.broadcast(I, 0).addIndex(8);
  private static final IntVector TOP_SHIFTS = IntVector.broadcast(I, 24).addIndex(-8);
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
   * Float16 bits to float32: the exponent is rebased by a product, so subnormals come out right.
   */
  static FloatVector halves(IntVector bits) {
    IntVector magnitude = bits.and(0x7fff).lanewise(VectorOperators.LSHL, 13);
    IntVector finite = magnitude.reinterpretAsFloats().mul(0x1p112f).reinterpretAsInts();
    // All ones where the exponent was all ones: infinities and NaN keep such an exponent.
    IntVector special =
        IntVector.broadcast(I, (0x7c00 << 13) - 1)
            .sub(magnitude)
            .lanewise(VectorOperators.ASHR, 31)
            .and(0x7f800000);
    IntVector sign = bits.and(0x8000).lanewise(VectorOperators.LSHL, 16);
    return finite.or(special).or(sign).reinterpretAsFloats();
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

  private static FloatVector broadcast(float value) {
    return FloatVector.broadcast(F, value);
  }

  private static VectorShuffle<Float> rotateBy(int lanes) {
    return VectorShuffle.iota(F, lanes % COUNT, 1, true);
  }
}

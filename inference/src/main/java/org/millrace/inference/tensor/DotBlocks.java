package org.millrace.inference.tensor;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.VectorOperators.B2I;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.ZERO_EXTEND_B2I;
import static org.millrace.inference.tensor.Lanes.B;
import static org.millrace.inference.tensor.Lanes.BYTES;
import static org.millrace.inference.tensor.Lanes.COUNT;
import static org.millrace.inference.tensor.Lanes.F;
import static org.millrace.inference.tensor.Lanes.HALVES;
import static org.millrace.inference.tensor.Lanes.I;
import static org.millrace.inference.tensor.Memory.ADDRESSES;
import static org.millrace.inference.tensor.Memory.ALL;
import static org.millrace.inference.tensor.VectorDot.FACTORS;
import static org.millrace.inference.tensor.VectorDot.FACTORS_APART;
import static org.millrace.inference.tensor.VectorDot.INT;
import static org.millrace.inference.tensor.VectorDot.SHORT;

import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/**
 * {@link VectorDot}'s products of types whose weights are made from bytes as they lie in the
 * blocks.
 */
final class DotBlocks {
  private static final FloatVector QUANTA_LESS_8 = FloatVector.broadcast(F, -8f).addIndex(1);

  private DotBlocks() {}

  static void q80(long weights, long apart, long in, long end, long sums) {
    FloatVector s = FloatVector.fromMemorySegment(F, ALL, sums, LITTLE_ENDIAN);
    FloatVector t = FloatVector.fromMemorySegment(F, ALL, sums + BYTES, LITTLE_ENDIAN);
    long block = weights;
    for (long x = in; x != end; x += 128) {
      long from = x & ADDRESSES;
      long a = block & ADDRESSES;
      long b = (block + apart) & ADDRESSES;
      FloatVector scaleA =
          IntVector.broadcast(I, ALL.get(INT, HALVES + 4L * (ALL.get(SHORT, a) & 0xffff)))
              .reinterpretAsFloats();
      FloatVector scaleB =
          IntVector.broadcast(I, ALL.get(INT, HALVES + 4L * (ALL.get(SHORT, b) & 0xffff)))
              .reinterpretAsFloats();
      for (int i = 0; i < 32; i += COUNT) {
        FloatVector v = FloatVector.fromMemorySegment(F, ALL, from + 4L * i, LITTLE_ENDIAN);
        s =
            ((FloatVector)
                    ByteVector.fromMemorySegment(B, ALL, a + 2 + i, LITTLE_ENDIAN)
                        .convertShape(B2I, I, 0)
                        .convertShape(I2F, F, 0))
                .mul(scaleA)
                .fma(v, s);
        t =
            ((FloatVector)
                    ByteVector.fromMemorySegment(B, ALL, b + 2 + i, LITTLE_ENDIAN)
                        .convertShape(B2I, I, 0)
                        .convertShape(I2F, F, 0))
                .mul(scaleB)
                .fma(v, t);
      }
      block += 34;
    }
    s.intoMemorySegment(ALL, sums, LITTLE_ENDIAN);
    t.intoMemorySegment(ALL, sums + BYTES, LITTLE_ENDIAN);
  }

  /** For vectors of sixteen: a block's possible weights fill one, from which quanta choose. */
  static void q40(long weights, long apart, long in, long end, long sums) {
    FloatVector s = FloatVector.fromMemorySegment(F, ALL, sums, LITTLE_ENDIAN);
    FloatVector t = FloatVector.fromMemorySegment(F, ALL, sums + BYTES, LITTLE_ENDIAN);
    long block = weights;
    for (long x = in; x != end; x += 128) {
      long from = x & ADDRESSES;
      long a = block & ADDRESSES;
      long b = (block + apart) & ADDRESSES;
      IntVector tableA =
          QUANTA_LESS_8
              .mul(
                  IntVector.broadcast(I, ALL.get(INT, HALVES + 4L * (ALL.get(SHORT, a) & 0xffff)))
                      .reinterpretAsFloats())
              .reinterpretAsInts();
      IntVector tableB =
          QUANTA_LESS_8
              .mul(
                  IntVector.broadcast(I, ALL.get(INT, HALVES + 4L * (ALL.get(SHORT, b) & 0xffff)))
                      .reinterpretAsFloats())
              .reinterpretAsInts();
      var q =
          (IntVector)
              ByteVector.fromMemorySegment(B, ALL, a + 2, LITTLE_ENDIAN)
                  .convertShape(ZERO_EXTEND_B2I, I, 0);
      var r =
          (IntVector)
              ByteVector.fromMemorySegment(B, ALL, b + 2, LITTLE_ENDIAN)
                  .convertShape(ZERO_EXTEND_B2I, I, 0);
      FloatVector v = FloatVector.fromMemorySegment(F, ALL, from, LITTLE_ENDIAN);
      // Choosing looks at an index's lowest four bits.
      s = q.selectFrom(tableA).reinterpretAsFloats().fma(v, s);
      t = r.selectFrom(tableB).reinterpretAsFloats().fma(v, t);
      v = FloatVector.fromMemorySegment(F, ALL, from + 64, LITTLE_ENDIAN);
      s = q.lanewise(LSHR, 4).selectFrom(tableA).reinterpretAsFloats().fma(v, s);
      t = r.lanewise(LSHR, 4).selectFrom(tableB).reinterpretAsFloats().fma(v, t);
      block += 18;
    }
    s.intoMemorySegment(ALL, sums, LITTLE_ENDIAN);
    t.intoMemorySegment(ALL, sums + BYTES, LITTLE_ENDIAN);
  }

  static void q4k(long weights, long apart, long in, long end, long scratch) {
    long blocks = (end - in) / 1024;
    for (int row = 0; row < 2; row++) {
      long factors = scratch + FACTORS + row * FACTORS_APART;
      for (long block = 0; block < blocks; block++) {
        Lanes.kFactors(weights + row * apart + 144 * block, factors + 64 * block);
      }
    }
    q4kSums(weights + 16, apart, in, end, scratch);
  }

  private static void q4kSums(long quanta, long apart, long in, long end, long scratch) {
    FloatVector s = FloatVector.fromMemorySegment(F, ALL, scratch, LITTLE_ENDIAN);
    FloatVector t = FloatVector.fromMemorySegment(F, ALL, scratch + BYTES, LITTLE_ENDIAN);
    long block = quanta;
    long factors = scratch + FACTORS;
    for (long x = in; x != end; x += 1024) {
      for (int pair = 0; pair < 4; pair++) {
        long from = (x + 256L * pair) & ADDRESSES;
        long a = (block + 32L * pair) & ADDRESSES;
        long b = (block + 32L * pair + apart) & ADDRESSES;
        long f = (factors + 8L * pair) & ADDRESSES;
        FloatVector scaleA = IntVector.broadcast(I, ALL.get(INT, f)).reinterpretAsFloats();
        FloatVector offsetA = IntVector.broadcast(I, ALL.get(INT, f + 32)).reinterpretAsFloats();
        FloatVector scaleB =
            IntVector.broadcast(I, ALL.get(INT, f + FACTORS_APART)).reinterpretAsFloats();
        FloatVector offsetB =
            IntVector.broadcast(I, ALL.get(INT, f + FACTORS_APART + 32)).reinterpretAsFloats();
        for (int i = 0; i < 32; i += COUNT) {
          FloatVector v = FloatVector.fromMemorySegment(F, ALL, from + 4L * i, LITTLE_ENDIAN);
          IntVector q =
              ((IntVector)
                      ByteVector.fromMemorySegment(B, ALL, a + i, LITTLE_ENDIAN)
                          .convertShape(ZERO_EXTEND_B2I, I, 0))
                  .and(15);
          IntVector r =
              ((IntVector)
                      ByteVector.fromMemorySegment(B, ALL, b + i, LITTLE_ENDIAN)
                          .convertShape(ZERO_EXTEND_B2I, I, 0))
                  .and(15);
          s = ((FloatVector) q.convertShape(I2F, F, 0)).fma(scaleA, offsetA).fma(v, s);
          t = ((FloatVector) r.convertShape(I2F, F, 0)).fma(scaleB, offsetB).fma(v, t);
        }
        scaleA = IntVector.broadcast(I, ALL.get(INT, f + 4)).reinterpretAsFloats();
        offsetA = IntVector.broadcast(I, ALL.get(INT, f + 36)).reinterpretAsFloats();
        scaleB = IntVector.broadcast(I, ALL.get(INT, f + FACTORS_APART + 4)).reinterpretAsFloats();
        offsetB =
            IntVector.broadcast(I, ALL.get(INT, f + FACTORS_APART + 36)).reinterpretAsFloats();
        for (int i = 0; i < 32; i += COUNT) {
          FloatVector v = FloatVector.fromMemorySegment(F, ALL, from + 128 + 4L * i, LITTLE_ENDIAN);
          IntVector q =
              ((IntVector)
                      ByteVector.fromMemorySegment(B, ALL, a + i, LITTLE_ENDIAN)
                          .convertShape(ZERO_EXTEND_B2I, I, 0))
                  .lanewise(LSHR, 4);
          IntVector r =
              ((IntVector)
                      ByteVector.fromMemorySegment(B, ALL, b + i, LITTLE_ENDIAN)
                          .convertShape(ZERO_EXTEND_B2I, I, 0))
                  .lanewise(LSHR, 4);
          s = ((FloatVector) q.convertShape(I2F, F, 0)).fma(scaleA, offsetA).fma(v, s);
          t = ((FloatVector) r.convertShape(I2F, F, 0)).fma(scaleB, offsetB).fma(v, t);
        }
      }
      block += 144;
      factors += 64;
    }
    s.intoMemorySegment(ALL, scratch, LITTLE_ENDIAN);
    t.intoMemorySegment(ALL, scratch + BYTES, LITTLE_ENDIAN);
  }
}

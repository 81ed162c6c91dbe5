package org.millrace.inference.tensor;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.ZERO_EXTEND_S2I;
import static org.millrace.inference.tensor.Lanes.BYTES;
import static org.millrace.inference.tensor.Lanes.F;
import static org.millrace.inference.tensor.Lanes.I;
import static org.millrace.inference.tensor.Lanes.S;
import static org.millrace.inference.tensor.Memory.ADDRESSES;
import static org.millrace.inference.tensor.Memory.ALL;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;

/** {@link VectorDot}'s products of types that are floats. */
final class DotFloats {
  private DotFloats() {}

  static void f32(long weights, long apart, long in, long end, long sums) {
    FloatVector s = FloatVector.fromMemorySegment(F, ALL, sums, LITTLE_ENDIAN);
    FloatVector t = FloatVector.fromMemorySegment(F, ALL, sums + BYTES, LITTLE_ENDIAN);
    long w = weights;
    for (long x = in; x != end; x += BYTES) {
      FloatVector v = FloatVector.fromMemorySegment(F, ALL, x & ADDRESSES, LITTLE_ENDIAN);
      s = FloatVector.fromMemorySegment(F, ALL, w & ADDRESSES, LITTLE_ENDIAN).fma(v, s);
      t = FloatVector.fromMemorySegment(F, ALL, (w + apart) & ADDRESSES, LITTLE_ENDIAN).fma(v, t);
      w += BYTES;
    }
    s.intoMemorySegment(ALL, sums, LITTLE_ENDIAN);
    t.intoMemorySegment(ALL, sums + BYTES, LITTLE_ENDIAN);
  }

  static void bf16(long weights, long apart, long in, long end, long sums) {
    FloatVector s = FloatVector.fromMemorySegment(F, ALL, sums, LITTLE_ENDIAN);
    FloatVector t = FloatVector.fromMemorySegment(F, ALL, sums + BYTES, LITTLE_ENDIAN);
    long w = weights;
    for (long x = in; x != end; x += BYTES) {
      FloatVector v = FloatVector.fromMemorySegment(F, ALL, x & ADDRESSES, LITTLE_ENDIAN);
      s =
          ((IntVector)
                  ShortVector.fromMemorySegment(S, ALL, w & ADDRESSES, LITTLE_ENDIAN)
                      .convertShape(ZERO_EXTEND_S2I, I, 0))
              .lanewise(LSHL, 16)
              .reinterpretAsFloats()
              .fma(v, s);
      t =
          ((IntVector)
                  ShortVector.fromMemorySegment(S, ALL, (w + apart) & ADDRESSES, LITTLE_ENDIAN)
                      .convertShape(ZERO_EXTEND_S2I, I, 0))
              .lanewise(LSHL, 16)
              .reinterpretAsFloats()
              .fma(v, t);
      w += BYTES / 2;
    }
    s.intoMemorySegment(ALL, sums, LITTLE_ENDIAN);
    t.intoMemorySegment(ALL, sums + BYTES, LITTLE_ENDIAN);
  }

  static void f16(long weights, long apart, long in, long end, long sums) {
    FloatVector s = FloatVector.fromMemorySegment(F, ALL, sums, LITTLE_ENDIAN);
    FloatVector t = FloatVector.fromMemorySegment(F, ALL, sums + BYTES, LITTLE_ENDIAN);
    long w = weights;
    for (long x = in; x != end; x += BYTES) {
      FloatVector v = FloatVector.fromMemorySegment(F, ALL, x & ADDRESSES, LITTLE_ENDIAN);
      s =
          Lanes.halves(
                  ((IntVector)
                      ShortVector.fromMemorySegment(S, ALL, w & ADDRESSES, LITTLE_ENDIAN)
                          .convertShape(ZERO_EXTEND_S2I, I, 0)))
              .fma(v, s);
      t =
          Lanes.halves(
                  ((IntVector)
                      ShortVector.fromMemorySegment(S, ALL, (w + apart) & ADDRESSES, LITTLE_ENDIAN)
                          .convertShape(ZERO_EXTEND_S2I, I, 0)))
              .fma(v, t);
      w += BYTES / 2;
    }
    s.intoMemorySegment(ALL, sums, LITTLE_ENDIAN);
    t.intoMemorySegment(ALL, sums + BYTES, LITTLE_ENDIAN);
  }
}

package org.millrace.inference.tensor;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import org.millrace.inference.gguf.GgmlType;

/**
 * Products of two weight rows with one token's inputs, weights decoded in registers. Decodes and
 * adds in the same order as {@link VectorDecode} followed by a product of float32, so to the same
 * bits.
 *
 * <p>Two rows, because the compiler stops inlining where a method has more.
 */
final class VectorDot {
  private VectorDot() {}

  /** Whether there is a product for this type on this machine. */
  static boolean has(GgmlType type) {
    // Half of a Q4_0 block is one vector only where vectors have sixteen lanes.
    return type == GgmlType.Q8_0 || (type == GgmlType.Q4_0 && Lanes.COUNT == 16);
  }

  /** Computes two rows for one token. */
  static void run(MatmulPart part, int row, long sums) {
    Lanes.store(Lanes.zero(), sums);
    Lanes.store(Lanes.zero(), sums + Lanes.BYTES);
    long weights = part.weights + row * part.rowBytes;
    if (part.type == GgmlType.Q8_0) {
      q80(weights, part.rowBytes, part.in, part.columns, sums);
    } else {
      q40(weights, part.rowBytes, part.in, part.columns, sums);
    }
    part.put(0, row, Lanes.sum(Lanes.load(sums)));
    part.put(0, row + 1, Lanes.sum(Lanes.load(sums + Lanes.BYTES)));
  }

  /** Adds the products of whole Q8_0 blocks to two vectors of partial sums. */
  private static void q80(long row, long stride, long in, int columns, long sums) {
    long next = row + stride;
    FloatVector a = Lanes.load(sums);
    FloatVector b = Lanes.load(sums + Lanes.BYTES);
    long end = in + 4L * columns;
    for (long x = in; x < end; x += 128, row += 34, next += 34) {
      float scaleA = Memory.getHalf(row);
      float scaleB = Memory.getHalf(next);
      for (int i = 0; i < 32; i += Lanes.COUNT) {
        FloatVector inputs = Lanes.load(x + 4L * i);
        a = Lanes.toFloat(Lanes.signedBytes(row + 2 + i)).mul(scaleA).fma(inputs, a);
        b = Lanes.toFloat(Lanes.signedBytes(next + 2 + i)).mul(scaleB).fma(inputs, b);
      }
    }
    Lanes.store(a, sums);
    Lanes.store(b, sums + Lanes.BYTES);
  }

  /** Adds the products of whole Q4_0 blocks to two vectors of partial sums. */
  private static void q40(long row, long stride, long in, int columns, long sums) {
    long next = row + stride;
    FloatVector a = Lanes.load(sums);
    FloatVector b = Lanes.load(sums + Lanes.BYTES);
    long end = in + 4L * columns;
    for (long x = in; x < end; x += 128, row += 18, next += 18) {
      float scaleA = Memory.getHalf(row);
      float scaleB = Memory.getHalf(next);
      IntVector pairsA = Lanes.unsignedBytes(row + 2);
      IntVector pairsB = Lanes.unsignedBytes(next + 2);
      FloatVector inputs = Lanes.load(x);
      a = Lanes.toFloat(pairsA.and(15).sub(8)).mul(scaleA).fma(inputs, a);
      b = Lanes.toFloat(pairsB.and(15).sub(8)).mul(scaleB).fma(inputs, b);
      inputs = Lanes.load(x + 64);
      pairsA = pairsA.lanewise(VectorOperators.LSHR, 4);
      pairsB = pairsB.lanewise(VectorOperators.LSHR, 4);
      a = Lanes.toFloat(pairsA.sub(8)).mul(scaleA).fma(inputs, a);
      b = Lanes.toFloat(pairsB.sub(8)).mul(scaleB).fma(inputs, b);
    }
    Lanes.store(a, sums);
    Lanes.store(b, sums + Lanes.BYTES);
  }
}

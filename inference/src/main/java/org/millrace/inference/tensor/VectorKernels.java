package org.millrace.inference.tensor;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import org.millrace.inference.cache.KvLayout;
import org.millrace.inference.gguf.GgmlType;

/** The kernels with the JDK's Vector API, at the width the machine prefers. */
final class VectorKernels implements Kernels {
  private static final VectorShuffle<Float> SWAP_NEIGHBOURS =
      VectorShuffle.fromOp(Lanes.F, i -> i ^ 1);

  @Override
  public String name() {
    return "vector";
  }

  @Override
  public void decode(GgmlType type, long from, long to, int count) {
    VectorDecode.decode(type, from, to, count);
  }

  @Override
  public void matmul(MatmulPart part, int from, int to, long scratch) {
    VectorMatmul.run(part, from, to, scratch);
  }

  @Override
  public void decodeCache(KvLayout layout, long block, long keys, long values) {
    VectorKvReader.decode(layout, block, keys, values);
  }

  @Override
  public void rmsNorm(long x, long weight, float epsilon, int count, long out) {
    float inverse = (float) (1 / Math.sqrt(sumOfSquares(x, count) / count + epsilon));
    int whole = count - count % Lanes.COUNT;
    for (int i = 0; i < whole; i += Lanes.COUNT) {
      long at = 4L * i;
      Lanes.store(Lanes.load(x + at).mul(inverse).mul(Lanes.load(weight + at)), out + at);
    }
    for (int i = whole; i < count; i++) {
      long at = 4L * i;
      Memory.setFloat(out + at, Memory.getFloat(x + at) * inverse * Memory.getFloat(weight + at));
    }
  }

  private static double sumOfSquares(long x, int count) {
    int whole = count - count % (2 * Lanes.COUNT);
    FloatVector even = Lanes.zero();
    FloatVector odd = Lanes.zero();
    for (int i = 0; i < whole; i += 2 * Lanes.COUNT) {
      FloatVector a = Lanes.load(x + 4L * i);
      FloatVector b = Lanes.load(x + 4L * i + Lanes.BYTES);
      even = a.fma(a, even);
      odd = b.fma(b, odd);
    }
    double sum = Lanes.sum(even.add(odd));
    for (int i = whole; i < count; i++) {
      double value = Memory.getFloat(x + 4L * i);
      sum += value * value;
    }
    return sum;
  }

  @Override
  public void addScaled(long x, long y, float factor, int count) {
    FloatVector factors = FloatVector.broadcast(Lanes.F, factor);
    int whole = count - count % Lanes.COUNT;
    for (int i = 0; i < whole; i += Lanes.COUNT) {
      long at = 4L * i;
      Lanes.store(Lanes.load(y + at).fma(factors, Lanes.load(x + at)), x + at);
    }
    for (int i = whole; i < count; i++) {
      long at = 4L * i;
      Memory.setFloat(x + at, Math.fma(Memory.getFloat(y + at), factor, Memory.getFloat(x + at)));
    }
  }

  @Override
  public void scale(long x, float factor, int count) {
    int whole = count - count % Lanes.COUNT;
    for (int i = 0; i < whole; i += Lanes.COUNT) {
      Lanes.store(Lanes.load(x + 4L * i).mul(factor), x + 4L * i);
    }
    for (int i = whole; i < count; i++) {
      Memory.setFloat(x + 4L * i, Memory.getFloat(x + 4L * i) * factor);
    }
  }

  @Override
  public void activate(Activation activation, long gate, long up, int count) {
    int whole = count - count % Lanes.COUNT;
    for (int i = 0; i < whole; i += Lanes.COUNT) {
      long at = 4L * i;
      FloatVector x = Lanes.load(gate + at);
      Lanes.store(logistic(activation, x).mul(Lanes.load(up + at)), gate + at);
    }
    if (whole < count) {
      VectorMask<Float> mask = Lanes.first(count - whole);
      long at = 4L * whole;
      FloatVector x = Lanes.load(gate + at, mask);
      FloatVector y = logistic(activation, x).mul(Lanes.load(up + at, mask));
      storeFirst(y, gate + at, count - whole);
    }
  }

  /** x / (1 + e^-u(x)): both activations are x times a logistic function. */
  private static FloatVector logistic(Activation activation, FloatVector x) {
    FloatVector argument = x;
    if (activation == Activation.GELU_TANH) {
      FloatVector one = FloatVector.broadcast(Lanes.F, 1f);
      // 2 sqrt(2 / pi) x (1 + 0.044715 x^2)
      argument = x.mul(x).mul(0.044715f).add(one).mul(x).mul(1.5957691f);
    }
    return x.div(Lanes.exp(argument.neg()).add(1f));
  }

  @Override
  public void softCap(long x, float cap, int count) {
    int whole = count - count % Lanes.COUNT;
    for (int i = 0; i < whole; i += Lanes.COUNT) {
      Lanes.store(softCap(Lanes.load(x + 4L * i), cap), x + 4L * i);
    }
    if (whole < count) {
      long at = x + 4L * whole;
      VectorMask<Float> mask = Lanes.first(count - whole);
      storeFirst(softCap(Lanes.load(at, mask), cap), at, count - whole);
    }
  }

  /** cap * tanh(x / cap), with tanh(u) = 1 - 2 / (e^2u + 1). */
  private static FloatVector softCap(FloatVector x, float cap) {
    FloatVector e = Lanes.exp(x.mul(2 / cap)).add(1f);
    return FloatVector.broadcast(Lanes.F, 1f)
        .sub(FloatVector.broadcast(Lanes.F, 2f).div(e))
        .mul(cap);
  }

  @Override
  public void rotate(Rotation.Style style, long x, long cos, long sin, int dimensions) {
    switch (style) {
      case NEIGHBOURS -> rotateNeighbours(x, cos, sin, dimensions);
      case HALVES -> rotateHalves(x, cos, sin, dimensions);
    }
  }

  private static void rotateNeighbours(long x, long cos, long sin, int dimensions) {
    int whole = dimensions - dimensions % Lanes.COUNT;
    for (int i = 0; i < whole; i += Lanes.COUNT) {
      long at = 4L * i;
      FloatVector own = Lanes.load(x + at);
      FloatVector other = own.rearrange(SWAP_NEIGHBOURS);
      FloatVector turned = other.mul(Lanes.load(sin + at));
      Lanes.store(own.fma(Lanes.load(cos + at), turned), x + at);
    }
    for (int i = whole; i < dimensions; i += 2) {
      rotatePair(x, cos, sin, i, i + 1);
    }
  }

  private static void rotateHalves(long x, long cos, long sin, int dimensions) {
    int half = dimensions / 2;
    int whole = half - half % Lanes.COUNT;
    long up = 4L * half;
    for (int i = 0; i < whole; i += Lanes.COUNT) {
      long at = 4L * i;
      FloatVector first = Lanes.load(x + at);
      FloatVector second = Lanes.load(x + up + at);
      FloatVector turnedFirst = second.mul(Lanes.load(sin + at));
      FloatVector turnedSecond = first.mul(Lanes.load(sin + up + at));
      Lanes.store(first.fma(Lanes.load(cos + at), turnedFirst), x + at);
      Lanes.store(second.fma(Lanes.load(cos + up + at), turnedSecond), x + up + at);
    }
    for (int i = whole; i < half; i++) {
      rotatePair(x, cos, sin, i, i + half);
    }
  }

  private static void rotatePair(long x, long cos, long sin, int first, int second) {
    long f = 4L * first;
    long s = 4L * second;
    float a = Memory.getFloat(x + f);
    float b = Memory.getFloat(x + s);
    float turnedA = b * Memory.getFloat(sin + f);
    float turnedB = a * Memory.getFloat(sin + s);
    Memory.setFloat(x + f, Math.fma(a, Memory.getFloat(cos + f), turnedA));
    Memory.setFloat(x + s, Math.fma(b, Memory.getFloat(cos + s), turnedB));
  }

  @Override
  public void scores(long query, long keys, int headDim, float scale, long out) {
    long keyStride = 4L * KvLayout.BLOCK_TOKENS;
    // Two vectors at a time: two independent chains of sums.
    for (int token = 0; token < KvLayout.BLOCK_TOKENS; token += 2 * Lanes.COUNT) {
      FloatVector even = Lanes.zero();
      FloatVector odd = Lanes.zero();
      long key = (keys + 4L * token) & Memory.ADDRESSES;
      long from = query & Memory.ADDRESSES;
      for (int d = 0; d < headDim; d++) {
        FloatVector q = FloatVector.broadcast(Lanes.F, Memory.getFloat(from + 4L * d));
        even = Lanes.load(key + d * keyStride).fma(q, even);
        odd = Lanes.load(key + d * keyStride + Lanes.BYTES).fma(q, odd);
      }
      Lanes.store(even.mul(scale), out + 4L * token);
      Lanes.store(odd.mul(scale), out + 4L * token + Lanes.BYTES);
    }
  }

  @Override
  public float largest(long scores) {
    FloatVector largest = Lanes.load(scores);
    for (int i = Lanes.COUNT; i < KvLayout.BLOCK_TOKENS; i += Lanes.COUNT) {
      largest = largest.max(Lanes.load(scores + 4L * i));
    }
    // A maximum is the same in whatever order it is taken.
    return largest.reduceLanes(VectorOperators.MAX);
  }

  @Override
  public float exponentials(long scores, float largest) {
    FloatVector sum = Lanes.zero();
    for (int i = 0; i < KvLayout.BLOCK_TOKENS; i += Lanes.COUNT) {
      FloatVector e = Lanes.exp(Lanes.load(scores + 4L * i).sub(largest));
      Lanes.store(e, scores + 4L * i);
      sum = sum.add(e);
    }
    return Lanes.sum(sum);
  }

  @Override
  public void weigh(
      long weights, int from, int to, long values, int headDim, float correction, long out) {
    int d = 0;
    for (; d + 4 * Lanes.COUNT <= headDim; d += 4 * Lanes.COUNT) {
      weighFour(weights, from, to, values + 4L * d, 4L * headDim, correction, out + 4L * d);
    }
    for (; d + Lanes.COUNT <= headDim; d += Lanes.COUNT) {
      weighOne(weights, from, to, values + 4L * d, 4L * headDim, correction, out + 4L * d);
    }
    for (; d < headDim; d++) {
      float sum = Memory.getFloat(out + 4L * d) * correction;
      for (int token = from; token < to; token++) {
        float value = Memory.getFloat(values + 4L * ((long) token * headDim + d));
        sum = Math.fma(Memory.getFloat(weights + 4L * token), value, sum);
      }
      Memory.setFloat(out + 4L * d, sum);
    }
  }

  private static void weighFour(
      long weights, int from, int to, long values, long stride, float correction, long out) {
    FloatVector a = Lanes.load(out).mul(correction);
    FloatVector b = Lanes.load(out + Lanes.BYTES).mul(correction);
    FloatVector c = Lanes.load(out + 2 * Lanes.BYTES).mul(correction);
    FloatVector d = Lanes.load(out + 3 * Lanes.BYTES).mul(correction);
    for (int token = from; token < to; token++) {
      FloatVector p = FloatVector.broadcast(Lanes.F, Memory.getFloat(weights + 4L * token));
      long value = (values + token * stride) & Memory.ADDRESSES;
      a = Lanes.load(value).fma(p, a);
      b = Lanes.load(value + Lanes.BYTES).fma(p, b);
      c = Lanes.load(value + 2 * Lanes.BYTES).fma(p, c);
      d = Lanes.load(value + 3 * Lanes.BYTES).fma(p, d);
    }
    Lanes.store(a, out);
    Lanes.store(b, out + Lanes.BYTES);
    Lanes.store(c, out + 2 * Lanes.BYTES);
    Lanes.store(d, out + 3 * Lanes.BYTES);
  }

  private static void weighOne(
      long weights, int from, int to, long values, long stride, float correction, long out) {
    FloatVector sum = Lanes.load(out).mul(correction);
    for (int token = from; token < to; token++) {
      FloatVector p = FloatVector.broadcast(Lanes.F, Memory.getFloat(weights + 4L * token));
      sum = Lanes.load(values + token * stride).fma(p, sum);
    }
    Lanes.store(sum, out);
  }

  private static void storeFirst(FloatVector vector, long address, int count) {
    for (int i = 0; i < count; i++) {
      Memory.setFloat(address + 4L * i, vector.lane(i));
    }
  }
}

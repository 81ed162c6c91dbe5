package org.millrace.inference.tensor;

import org.millrace.inference.cache.KvLayout;
import org.millrace.inference.gguf.GgmlType;

/**
 * The oracle: every kernel as its formula says, one element after the other, sums in double.
 *
 * <p>Needs nothing but the JDK, so it is also what runs where the Vector API is not there.
 */
final class ScalarKernels implements Kernels {
  private static final int TILE = 1024;

  @Override
  public String name() {
    return "scalar";
  }

  @Override
  public void decode(GgmlType type, long from, long to, int count) {
    ScalarDecode.decode(type, from, to, count);
  }

  @Override
  public void matmul(MatmulPart part, int from, int to, long scratch) {
    long sums = scratch + TILE * Float.BYTES;
    int tokensAtOnce = (int) ((MATMUL_SCRATCH_BYTES - TILE * Float.BYTES) / Double.BYTES);
    for (int row = from; row < to; row++) {
      for (int token = 0; token < part.tokens; token += tokensAtOnce) {
        int count = Math.min(tokensAtOnce, part.tokens - token);
        matmulRow(part, row, token, count, scratch, sums);
      }
    }
  }

  private static void matmulRow(
      MatmulPart part, int row, int firstToken, int count, long scratch, long sums) {
    for (int token = 0; token < count; token++) {
      setDouble(sums, token, 0);
    }
    for (int column = 0; column < part.columns; column += TILE) {
      int n = Math.min(TILE, part.columns - column);
      long weights = part.weights + row * part.rowBytes + part.columnBytes(column);
      ScalarDecode.decode(part.type, weights, scratch, n);
      for (int token = 0; token < count; token++) {
        long in = part.inRow(firstToken + token) + (long) column * Float.BYTES;
        setDouble(sums, token, getDouble(sums, token) + dot(scratch, in, n));
      }
    }
    for (int token = 0; token < count; token++) {
      part.put(firstToken + token, row, (float) getDouble(sums, token));
    }
  }

  private static double dot(long a, long b, int count) {
    double sum = 0;
    for (int i = 0; i < count; i++) {
      sum += (double) get(a, i) * get(b, i);
    }
    return sum;
  }

  @Override
  public void rmsNorm(long x, long weight, float epsilon, int count, long out) {
    double inverse = 1 / Math.sqrt(dot(x, x, count) / count + epsilon);
    for (int i = 0; i < count; i++) {
      set(out, i, (float) (get(x, i) * inverse * get(weight, i)));
    }
  }

  @Override
  public void addScaled(long x, long y, float factor, int count) {
    for (int i = 0; i < count; i++) {
      set(x, i, Math.fma(get(y, i), factor, get(x, i)));
    }
  }

  @Override
  public void scale(long x, float factor, int count) {
    for (int i = 0; i < count; i++) {
      set(x, i, get(x, i) * factor);
    }
  }

  @Override
  public void activate(Activation activation, long gate, long up, int count) {
    for (int i = 0; i < count; i++) {
      double x = get(gate, i);
      double argument =
          switch (activation) {
            case SILU -> x;
            // tanh(u) = 2 / (1 + e^-2u) - 1, so both activations are x times a logistic function.
            case GELU_TANH -> 2 * Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x);
          };
      set(gate, i, (float) (x / (1 + Math.exp(-argument)) * get(up, i)));
    }
  }

  @Override
  public void softCap(long x, float cap, int count) {
    for (int i = 0; i < count; i++) {
      set(x, i, (float) (cap * Math.tanh(get(x, i) / cap)));
    }
  }

  @Override
  public void rotate(Rotation.Style style, long x, long cos, long sin, int dimensions) {
    int half = dimensions / 2;
    for (int pair = 0; pair < half; pair++) {
      int first = style == Rotation.Style.NEIGHBOURS ? 2 * pair : pair;
      int second = style == Rotation.Style.NEIGHBOURS ? first + 1 : pair + half;
      double a = get(x, first);
      double b = get(x, second);
      set(x, first, (float) (a * get(cos, first) + b * get(sin, first)));
      set(x, second, (float) (b * get(cos, second) + a * get(sin, second)));
    }
  }

  @Override
  public void scores(long query, long keys, int headDim, float scale, long out) {
    for (int token = 0; token < KvLayout.BLOCK_TOKENS; token++) {
      double sum = 0;
      for (int d = 0; d < headDim; d++) {
        sum += (double) get(query, d) * get(keys, d * KvLayout.BLOCK_TOKENS + token);
      }
      set(out, token, (float) (sum * scale));
    }
  }

  @Override
  public float largest(long scores) {
    float largest = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < KvLayout.BLOCK_TOKENS; i++) {
      largest = Math.max(largest, get(scores, i));
    }
    return largest;
  }

  @Override
  public float exponentials(long scores, float largest) {
    double sum = 0;
    for (int i = 0; i < KvLayout.BLOCK_TOKENS; i++) {
      float exponential = (float) Math.exp((double) get(scores, i) - largest);
      set(scores, i, exponential);
      sum += exponential;
    }
    return (float) sum;
  }

  @Override
  public void weigh(
      long weights, int from, int to, long values, int headDim, float correction, long out) {
    for (int d = 0; d < headDim; d++) {
      double sum = (double) get(out, d) * correction;
      for (int token = from; token < to; token++) {
        sum += (double) get(weights, token) * get(values, token * headDim + d);
      }
      set(out, d, (float) sum);
    }
  }

  private static float get(long address, int index) {
    return Memory.getFloat(address + (long) index * Float.BYTES);
  }

  private static void set(long address, int index, float value) {
    Memory.setFloat(address + (long) index * Float.BYTES, value);
  }

  private static double getDouble(long address, int index) {
    return Memory.getDouble(address + (long) index * Double.BYTES);
  }

  private static void setDouble(long address, int index, double value) {
    Memory.setDouble(address + (long) index * Double.BYTES, value);
  }
}

package org.millrace.inference.tensor;

import org.millrace.inference.gguf.GgmlType;

/**
 * The scalar twin of products with activations of eight bits: the same quantization, step by step
 * in float32, and then sums in double, so that only the order of sums and their rounding are left
 * to differ.
 */
final class QuantizedProduct {
  private static final int BLOCK = 32;

  private QuantizedProduct() {}

  /** A row of activations as their quantized values stand for. */
  static double[] rounded(long in, int columns) {
    double[] values = new double[columns];
    for (int block = 0; block < columns; block += BLOCK) {
      float scale = scale(in, block);
      for (int i = block; i < block + BLOCK; i++) {
        values[i] = (double) scale * quantum(in, block, i);
      }
    }
    return values;
  }

  static float scale(long in, int block) {
    float largest = largest(in, block);
    return largest < 1e-30f ? 0 : largest / 127;
  }

  static int quantum(long in, int block, int index) {
    float largest = largest(in, block);
    float inverse = largest < 1e-30f ? 0 : 127 / largest;
    return (int) Math.rint(Memory.getFloat(in + 4L * index) * inverse);
  }

  private static float largest(long in, int block) {
    float largest = 0;
    for (int i = block; i < block + BLOCK; i++) {
      largest = Math.max(largest, Math.abs(Memory.getFloat(in + 4L * i)));
    }
    return largest;
  }

  /** The product of a weight row with a token, and the sum of the products' magnitudes. */
  static double[] of(MatmulPart part, int row, int token, long decoded) {
    ScalarDecode.decode(part.type, part.weights + row * part.rowBytes, decoded, part.columns);
    double[] inputs =
        part.type.blockSize() == 1
            ? exact(part.inRow(token), part.columns)
            : rounded(part.inRow(token), part.columns);
    double sum = 0;
    double magnitude = 0;
    for (int i = 0; i < part.columns; i++) {
      double product = Memory.getFloat(decoded + 4L * i) * inputs[i];
      sum += product;
      magnitude += Math.abs(product);
    }
    return new double[] {sum, magnitude};
  }

  private static double[] exact(long in, int columns) {
    double[] values = new double[columns];
    for (int i = 0; i < columns; i++) {
      values[i] = Memory.getFloat(in + 4L * i);
    }
    return values;
  }

  /** How far a minimum lets magnitudes grow beyond those of the weights themselves. */
  static double slack(GgmlType type) {
    return switch (type) {
      case Q4_1, Q5_1, Q2_K, Q4_K, Q5_K -> 40;
      default -> 4;
    };
  }
}

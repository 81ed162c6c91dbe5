package org.millrace.inference.tensor;

import java.lang.foreign.Arena;
import org.jspecify.annotations.Nullable;
import org.millrace.inference.gguf.GgmlType;

/**
 * A small product by kernels that were compiled elsewhere, compared with the oracle: a library of
 * another version or for another machine is found out before it computes a model.
 */
final class SelfCheck {
  private static final int ROWS = 33;
  private static final int COLUMNS = 512;
  private static final int TOKENS = 3;

  private SelfCheck() {}

  /** What is wrong with these kernels, or {@code null}. */
  static @Nullable String fault(Kernels kernels) {
    for (GgmlType type : new GgmlType[] {GgmlType.F16, GgmlType.Q8_0, GgmlType.Q4_0}) {
      try (var arena = Arena.ofConfined()) {
        double error = errorOf(kernels, type, arena);
        // Activations of eight bits are right to about one part in two hundred.
        if (!(error < 0.02)) {
          return "they fail their own check (%s is off by %.3f)".formatted(type, error);
        }
      }
    }
    return null;
  }

  private static double errorOf(Kernels kernels, GgmlType type, Arena arena) {
    long bytes = type.bytesFor((long) ROWS * COLUMNS);
    long weights = arena.allocate(bytes, 64).address();
    for (int i = 0; i < bytes / 2; i++) {
      // Small and different halves, whether they are weights, scales or pairs of quanta.
      Memory.setShort(weights + 2L * i, (short) (0x2c00 + i * 40503 % 1021));
    }
    long in = arena.allocate(4L * COLUMNS * TOKENS, 64).address();
    for (int i = 0; i < COLUMNS * TOKENS; i++) {
      Memory.setFloat(in + 4L * i, (i * 7919 % 211 - 105) / 105f);
    }
    var part = new MatmulPart();
    Matrix matrix = new Matrix(type, ROWS, COLUMNS, weights);
    long scratch = arena.allocate(Kernels.MATMUL_SCRATCH_BYTES, 64).address();
    long expected = arena.allocate(4L * ROWS * TOKENS, 64).address();
    part.set(matrix, in, TOKENS, expected);
    new ScalarKernels().matmul(part, 0, ROWS, scratch);
    long found = arena.allocate(4L * ROWS * TOKENS, 64).address();
    part.set(matrix, in, TOKENS, found);
    long preparedBytes = kernels.preparedBytes(type, COLUMNS);
    if (preparedBytes > 0) {
      part.prepared = arena.allocate(TOKENS * preparedBytes, 64).address();
      kernels.prepare(in, COLUMNS, TOKENS, part.prepared);
    }
    kernels.matmul(part, 0, ROWS, scratch);
    return relativeError(expected, found);
  }

  private static double relativeError(long expected, long found) {
    double error = 0;
    double size = 0;
    for (int i = 0; i < ROWS * TOKENS; i++) {
      double wanted = Memory.getFloat(expected + 4L * i);
      error += Math.pow(wanted - Memory.getFloat(found + 4L * i), 2);
      size += wanted * wanted;
    }
    return Math.sqrt(error / size);
  }
}

package org.millrace.gpu.device;

import java.util.Locale;
import org.millrace.inference.gguf.GgmlType;
import org.millrace.inference.gguf.GgufTensor;
import org.millrace.inference.tensor.Matrix;

/**
 * How a matrix lies on the device. Those whose quantized form the kernels multiply keep it, in the
 * planes that {@code quantized.cuh} describes; F16, BF16 and F32 stay what they are, with rows
 * padded by zeros; all others become F16.
 */
public final class Storage {
  /** Elements of a block of a plane. */
  static final int BLOCK = 32;

  private static final int GROUP_ROWS = 16;
  private static final int SUPER_BLOCKS = 8;

  private Storage() {}

  /** What a type of the file's becomes. */
  static GgmlType of(GgmlType type) {
    return switch (type) {
      case Q4_0, Q8_0, Q4_K, Q5_K, Q6_K, F16, BF16, F32 -> type;
      default -> GgmlType.F16;
    };
  }

  static boolean isQuantized(GgmlType stored) {
    return switch (stored) {
      case Q4_0, Q8_0, Q4_K, Q5_K, Q6_K -> true;
      default -> false;
    };
  }

  /** As kernels have it in their names. */
  static String name(GgmlType stored) {
    return stored.name().toLowerCase(Locale.ROOT);
  }

  /** Elements from one row of floats to the next. */
  static int stride(Matrix matrix) {
    return stride(matrix.columns());
  }

  static int stride(int columns) {
    return Math.ceilDiv(columns, BLOCK) * BLOCK;
  }

  static int paddedRows(int rows) {
    return Math.ceilDiv(rows, GROUP_ROWS) * GROUP_ROWS;
  }

  /** Bytes that a tensor of a file takes, as the engine asks for it: experts each by themselves. */
  public static long bytesOf(GgufTensor tensor) {
    if (tensor.shape().size() < 2) {
      return Float.BYTES * tensor.elements();
    }
    int rows = Math.toIntExact(tensor.shape().get(1));
    int columns = Math.toIntExact(tensor.columns());
    return tensor.rows() / rows * bytes(of(tensor.type()), rows, columns);
  }

  /** Bytes that a matrix takes. */
  static long bytes(GgmlType stored, int rows, int columns) {
    if (!isQuantized(stored)) {
      return (long) rows * stride(columns) * stored.blockBytes();
    }
    long cells = (long) paddedRows(rows) * columns / BLOCK;
    int high =
        switch (stored) {
          case Q5_K -> 4;
          case Q6_K -> 8;
          case Q8_0 -> 16;
          default -> 0;
        };
    long supers = stored.blockSize() > BLOCK ? cells / SUPER_BLOCKS * 4 : 0;
    return cells * (16 + high + 2) + supers;
  }
}

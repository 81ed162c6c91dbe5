package org.millrace.inference.tensor;

import org.millrace.inference.gguf.GgmlType;

/**
 * One matrix product of a job: {@code out[t][r] = weights[r] . in[t] + bias[r]}, or added to what
 * is there. Filled anew for each use, so that the step allocates nothing.
 */
final class MatmulPart {
  GgmlType type = GgmlType.F32;
  long weights;
  long rowBytes;
  int weightRows;
  int columns;
  long in;

  /**
   * The inputs as {@link Kernels#prepare} wrote them; 0 where that is still to be done, or these
   * kernels take them as they are.
   */
  long prepared;

  int tokens;
  long out;
  long outStride;
  long bias;
  boolean accumulate;

  void set(Projection projection, long inAddress, int rows) {
    Matrix matrix = projection.weights();
    set(matrix, inAddress, rows, projection.out().address());
    Buffer biasBuffer = projection.bias();
    bias = biasBuffer == null ? 0 : biasBuffer.address();
    accumulate = projection.accumulate();
  }

  void set(Matrix matrix, long inAddress, int rows, long outAddress) {
    type = matrix.type();
    weights = matrix.address();
    rowBytes = matrix.rowBytes();
    weightRows = matrix.rows();
    columns = matrix.columns();
    in = inAddress;
    prepared = 0;
    tokens = rows;
    out = outAddress;
    outStride = (long) matrix.rows() * Float.BYTES;
    bias = 0;
    accumulate = false;
  }

  /**
   * Some of a matrix's rows, whose sums lie side by side where the projection leaves its own. What
   * it adds to is not added to.
   */
  void set(Projection projection, int firstRow, int count, long inAddress, int rows) {
    set(projection, inAddress, rows);
    weights += firstRow * rowBytes;
    weightRows = count;
    outStride = (long) count * Float.BYTES;
    bias += bias == 0 ? 0 : (long) firstRow * Float.BYTES;
    accumulate = false;
  }

  /** Whether another product can read what was prepared for this one. */
  boolean sharesInputs(MatmulPart other, Kernels kernels) {
    return in == other.in
        && tokens == other.tokens
        && columns == other.columns
        && preparedBytes(kernels) > 0
        && other.preparedBytes(kernels) > 0;
  }

  /** Bytes of a token's inputs as these kernels prepare them; 0 where they do not. */
  long preparedBytes(Kernels kernels) {
    return kernels.preparedBytes(type, columns);
  }

  /** The address of a token's inputs. */
  long inRow(int token) {
    return in + (long) token * columns * Float.BYTES;
  }

  /** Where in a weight row the block with this column begins, in bytes. */
  long columnBytes(int column) {
    return (long) (column / type.blockSize()) * type.blockBytes();
  }

  /** Writes one finished sum. */
  void put(int token, int row, float sum) {
    long address = out + token * outStride + (long) row * Float.BYTES;
    float value = bias == 0 ? sum : sum + Memory.getFloat(bias + (long) row * Float.BYTES);
    Memory.setFloat(address, accumulate ? Memory.getFloat(address) + value : value);
  }
}

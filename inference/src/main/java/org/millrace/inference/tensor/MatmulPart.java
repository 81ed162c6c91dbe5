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
   * The inputs as {@link Kernels#prepare} wrote them; 0 where these kernels take them as they are.
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

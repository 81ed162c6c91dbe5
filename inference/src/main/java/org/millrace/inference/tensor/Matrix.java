package org.millrace.inference.tensor;

import org.millrace.inference.gguf.GgmlType;

/**
 * A weight matrix {@code [rows, columns]}, row-major, as the file stores it.
 *
 * @param type how elements are stored
 * @param rows outputs of a projection
 * @param columns inputs of a projection; a whole number of the type's blocks
 * @param address where it begins, in the device's own terms
 */
public record Matrix(GgmlType type, int rows, int columns, long address) {

  /** Bytes of a row. */
  public long rowBytes() {
    return type.bytesFor(columns);
  }

  /** The address of a row. */
  long row(long index) {
    return address + index * rowBytes();
  }
}

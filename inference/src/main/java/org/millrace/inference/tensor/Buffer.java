package org.millrace.inference.tensor;

/**
 * A device's memory for float32 activations, row-major.
 *
 * @param address where it begins, in the device's own terms
 * @param floats how many it holds
 */
public record Buffer(long address, long floats) {

  /** The address of an element. */
  public long at(long index) {
    return address + index * Float.BYTES;
  }

  /** Checks, before kernels run unchecked, that so many elements are there. */
  public void require(long count, String use) {
    if (count < 0 || count > floats) {
      throw new IllegalArgumentException(
          "%s needs %d floats; the buffer has %d".formatted(use, count, floats));
    }
  }
}

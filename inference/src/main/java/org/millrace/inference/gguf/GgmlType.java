package org.millrace.inference.gguf;

import org.jspecify.annotations.Nullable;

/**
 * The tensor types of a GGUF file that Millrace knows, with the number each has in the file.
 *
 * <p>A type stores its elements in blocks: {@link #blockSize()} elements take {@link #blockBytes()}
 * bytes, and a row is a whole number of blocks. The numbers are those of ggml's {@code enum
 * ggml_type}; they are part of the file format and never change. Immutable, safe for all threads.
 */
public enum GgmlType {
  F32(0, 1, 4),
  F16(1, 1, 2),
  Q4_0(2, 32, 18),
  Q4_1(3, 32, 20),
  Q5_0(6, 32, 22),
  Q5_1(7, 32, 24),
  Q8_0(8, 32, 34),
  Q2_K(10, 256, 84),
  Q3_K(11, 256, 110),
  Q4_K(12, 256, 144),
  Q5_K(13, 256, 176),
  Q6_K(14, 256, 210),
  IQ4_NL(20, 32, 18),
  IQ4_XS(23, 256, 136),
  BF16(30, 1, 2);

  private final int id;
  private final int blockSize;
  private final int blockBytes;

  GgmlType(int id, int blockSize, int blockBytes) {
    this.id = id;
    this.blockSize = blockSize;
    this.blockBytes = blockBytes;
  }

  /** The number of this type in a GGUF file. */
  public int id() {
    return id;
  }

  /** The type with this number in a file, or {@code null} where Millrace knows none. */
  public static @Nullable GgmlType ofId(long id) {
    for (GgmlType type : values()) {
      if (type.id == id) {
        return type;
      }
    }
    return null;
  }

  /** How many elements one block holds. */
  public int blockSize() {
    return blockSize;
  }

  /** How many bytes one block takes. */
  public int blockBytes() {
    return blockBytes;
  }

  /**
   * The bytes that {@code elements} elements take.
   *
   * @throws IllegalArgumentException if they are no whole number of blocks
   * @throws ArithmeticException if the size does not fit a long
   */
  public long bytesFor(long elements) {
    if (elements < 0 || elements % blockSize != 0) {
      throw new IllegalArgumentException(
          "%d elements are no whole number of %s blocks of %d; pad the row to a multiple of %d"
              .formatted(elements, this, blockSize, blockSize));
    }
    return Math.multiplyExact(elements / blockSize, (long) blockBytes);
  }
}

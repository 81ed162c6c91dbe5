package org.millrace.inference.gguf;

import org.jspecify.annotations.Nullable;

/**
 * The types of metadata values, with their number in the file (GGUF specification, {@code
 * gguf_metadata_value_type}).
 */
public enum GgufValueType {
  UINT8(0, 1),
  INT8(1, 1),
  UINT16(2, 2),
  INT16(3, 2),
  UINT32(4, 4),
  INT32(5, 4),
  FLOAT32(6, 4),
  BOOL(7, 1),
  STRING(8, 8),
  ARRAY(9, 12),
  UINT64(10, 8),
  INT64(11, 8),
  FLOAT64(12, 8);

  private static final GgufValueType[] BY_ID = values();

  private final int id;
  private final int bytesMin;

  GgufValueType(int id, int bytesMin) {
    this.id = id;
    this.bytesMin = bytesMin;
  }

  /** The number of this type in a file. */
  public int id() {
    return id;
  }

  /**
   * The fewest bytes a value of this type takes in a file; exact for all but strings and arrays.
   */
  public int bytesMin() {
    return bytesMin;
  }

  /** The type with this number, or {@code null} where there is none. */
  static @Nullable GgufValueType ofId(long id) {
    return id >= 0 && id < BY_ID.length ? BY_ID[(int) id] : null;
  }
}

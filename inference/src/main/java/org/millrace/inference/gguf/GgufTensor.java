package org.millrace.inference.gguf;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A tensor of a file.
 *
 * @param name e.g. {@code blk.0.attn_q.weight}
 * @param type how elements are stored
 * @param shape one to four sizes as the file gives them: the first is the length of a row
 * @param data the tensor's bytes in the map; read-only
 */
public record GgufTensor(String name, GgmlType type, List<Long> shape, MemorySegment data) {

  /** The number of elements in all. */
  public long elements() {
    return shape.stream().mapToLong(Long::longValue).reduce(1, Math::multiplyExact);
  }

  /** The length of a row. */
  public long columns() {
    return shape.getFirst();
  }

  /** The number of rows of the whole tensor, all outer sizes together. */
  public long rows() {
    return elements() / columns();
  }

  /** The shape as messages give it, e.g. {@code 2048 x 512}. */
  public String shapeText() {
    return shape.stream().map(String::valueOf).collect(Collectors.joining(" x "));
  }
}

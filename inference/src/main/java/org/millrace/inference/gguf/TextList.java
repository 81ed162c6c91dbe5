package org.millrace.inference.gguf;

import java.nio.charset.StandardCharsets;
import java.util.AbstractList;
import java.util.Objects;
import java.util.RandomAccess;

/**
 * An array of strings as a file has it, each behind its length in eight bytes. A string is made
 * anew each time it is asked for: a vocabulary and its merges, as strings, take four times the
 * memory, and few look at them twice. Immutable.
 */
final class TextList extends AbstractList<String> implements RandomAccess {
  private static final int LENGTH_BYTES = Long.BYTES;

  private final byte[] bytes;
  private final int[] ends;

  /**
   * @param ends where each string ends in {@code bytes}
   */
  TextList(byte[] bytes, int[] ends) {
    this.bytes = bytes;
    this.ends = ends;
  }

  @Override
  public String get(int index) {
    Objects.checkIndex(index, ends.length);
    int from = (index == 0 ? 0 : ends[index - 1]) + LENGTH_BYTES;
    return new String(bytes, from, ends[index] - from, StandardCharsets.UTF_8);
  }

  @Override
  public int size() {
    return ends.length;
  }
}

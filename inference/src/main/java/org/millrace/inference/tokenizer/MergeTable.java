package org.millrace.inference.tokenizer;

import java.util.Arrays;

/**
 * Which pair of tokens merges into which token, and how early. Open addressing over primitive
 * arrays: a large vocabulary has 280,000 merges. Immutable once filled.
 */
final class MergeTable {
  /** No merge for this pair. */
  static final long NONE = -1;

  private static final long EMPTY = -1;
  private final long[] keys;
  private final long[] values;
  private final int mask;

  MergeTable(int merges) {
    // At most two thirds full, which look-ups hardly notice; a large vocabulary's takes 8 MiB.
    int capacity = Integer.highestOneBit(Math.max(16, merges + merges / 2)) * 2;
    keys = new long[capacity];
    values = new long[capacity];
    mask = capacity - 1;
    Arrays.fill(keys, EMPTY);
  }

  /** Adds a merge; of two merges of the same pair the first counts. */
  void add(int left, int right, int rank, int merged) {
    long key = key(left, right);
    int slot = slot(key);
    if (keys[slot] == EMPTY) {
      keys[slot] = key;
      values[slot] = (long) rank << 32 | merged;
    }
  }

  /** Rank in the upper and merged token in the lower 32 bits, or {@link #NONE}. */
  long find(int left, int right) {
    if (left < 0 || right < 0) {
      return NONE;
    }
    int slot = slot(key(left, right));
    return keys[slot] == EMPTY ? NONE : values[slot];
  }

  private int slot(long key) {
    long mixed = key * 0x9E3779B97F4A7C15L;
    int slot = (int) (mixed >>> 33) & mask;
    while (keys[slot] != EMPTY && keys[slot] != key) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private static long key(int left, int right) {
    return (long) left << 32 | right;
  }
}

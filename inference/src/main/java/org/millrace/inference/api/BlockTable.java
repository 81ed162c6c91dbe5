package org.millrace.inference.api;

import java.util.Arrays;

/**
 * Which cache blocks hold a sequence's tokens, in order of position. Owned by one thread at a time.
 */
public final class BlockTable {
  private int[] blocks = new int[8];
  private int size;
  private int shareable;

  /** Number of blocks. */
  public int size() {
    return size;
  }

  /** The id of the block that holds positions {@code index * blockTokens} and up. */
  public int block(int index) {
    if (index >= size) {
      throw new IndexOutOfBoundsException("block " + index + " of a table of " + size);
    }
    return blocks[index];
  }

  /** How many blocks, from the first, are in the prefix cache: others may run on them too. */
  public int shareable() {
    return shareable;
  }

  /** Appends a block. Called by the pool. */
  public void append(int block) {
    if (size == blocks.length) {
      blocks = Arrays.copyOf(blocks, size * 2);
    }
    blocks[size++] = block;
  }

  /** Puts another block of the same content into a place. Called by the pool. */
  public void replace(int index, int block) {
    block(index);
    blocks[index] = block;
  }

  /** Notes how many blocks are in the prefix cache. Called by the pool. */
  public void shareable(int count) {
    shareable = count;
  }

  /** Forgets all blocks. Called by the pool. */
  public void clear() {
    size = 0;
    shareable = 0;
  }
}

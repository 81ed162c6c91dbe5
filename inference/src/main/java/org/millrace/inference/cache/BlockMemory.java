package org.millrace.inference.cache;

/** Where the content of blocks lies, on the host or on a device. Called under the blocks' lock. */
public interface BlockMemory {
  /**
   * Sees to it that a block has memory. Called before anyone holds the block.
   *
   * @throws OutOfMemoryError when there is none; nothing has changed then
   */
  void prepare(int block);

  /** Copies all keys and values of a block over another's. */
  void copy(int from, int to);
}

package org.millrace.inference.api;

/**
 * The KV cache as a bounded pool of blocks, each holding the keys and values of {@link
 * #blockTokens()} consecutive tokens of one sequence. Thread-safe.
 */
public interface KvBlocks {
  /** Tokens per block. */
  int blockTokens();

  /** Blocks in all. */
  int totalBlocks();

  /** Blocks nobody holds. */
  int freeBlocks();

  /**
   * Grows {@code table} until it covers {@code tokens} positions. Takes all the blocks it needs or
   * none.
   *
   * @return whether the table now covers them; {@code false} leaves it as it was
   */
  boolean reserve(BlockTable table, int tokens);

  /**
   * Gives back every block of {@code table} and empties it. Releasing an empty table does nothing.
   */
  void release(BlockTable table);
}

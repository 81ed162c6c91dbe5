package org.millrace.inference.api;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The KV cache as a bounded pool of blocks, each holding the keys and values of {@link
 * #blockTokens()} consecutive tokens, and a prefix cache over them: full blocks are kept for
 * sequences of the same owner that begin with the same tokens, until the room is needed.
 *
 * <p>A block in the prefix cache is never written to. Nobody ever gets a block that was computed
 * for another owner. Thread-safe.
 */
public interface KvBlocks {
  /** Tokens per block. */
  int blockTokens();

  /** Blocks in all. */
  int totalBlocks();

  /** Blocks that nobody runs on, cached ones included: those are given up when they are needed. */
  int freeBlocks();

  /** Blocks in the prefix cache, whether somebody runs on them or not. */
  int cachedBlocks();

  /** Blocks in the prefix cache that were computed for an owner. */
  int cachedBlocks(UUID owner);

  /** Most blocks that the prefix cache keeps for one owner; 0 where there is none. */
  int cachedBlocksMax();

  /** How many blocks the prefix cache has given up so far. */
  long evictions();

  /**
   * Grows {@code table} until it covers {@code tokens} positions. Takes all the blocks it needs or
   * none.
   *
   * @return whether the table now covers them; {@code false} leaves it as it was
   */
  default boolean reserve(BlockTable table, int tokens) {
    return reserve(table, tokens, tokens);
  }

  /**
   * As {@link #reserve(BlockTable, int)}, and sees to it that positions {@code from} and up may be
   * written: a shared block there is replaced by a copy of the table's own.
   *
   * @return whether the table now covers {@code to} positions; {@code false} leaves it as it was
   */
  boolean reserve(BlockTable table, int from, int to);

  /**
   * Gives back every block of {@code table} and empties it. Releasing an empty table does nothing.
   */
  void release(BlockTable table);

  /**
   * Fills an empty table with the cached blocks of the longest prefix of {@code tokens} that this
   * owner has computed before.
   *
   * @param owner whose blocks may be used; {@code null} finds nothing
   * @param count how many of the tokens to look for
   * @return how many tokens the table now covers: whole blocks
   */
  int adopt(BlockTable table, @Nullable UUID owner, int[] tokens, int count);

  /**
   * Offers the table's full blocks to the prefix cache. Where the cache has a block of the same
   * tokens already, the table takes that one and gives its own back. Over the owner's limit its
   * longest unused blocks make room; where it has none, the block stays the table's own.
   *
   * @param owner for whom they were computed; {@code null} offers nothing
   * @param computed positions whose keys and values are there and will not be written again
   */
  void publish(BlockTable table, @Nullable UUID owner, int[] tokens, int computed);
}

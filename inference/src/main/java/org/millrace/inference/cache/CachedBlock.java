package org.millrace.inference.cache;

import java.util.Arrays;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A full block in the prefix cache, and all that it depends on: its tokens and the blocks before.
 * Equal only to itself.
 */
final class CachedBlock {
  private final UUID owner;
  private final ChainKey key;
  private final @Nullable CachedBlock parent;
  private final int[] tokens;
  private final int block;

  /**
   * @param owner for whom it was computed
   * @param parent the block before; {@code null} for a sequence's first
   */
  CachedBlock(UUID owner, ChainKey key, @Nullable CachedBlock parent, int[] tokens, int block) {
    this.owner = owner;
    this.key = key;
    this.parent = parent;
    this.tokens = tokens;
    this.block = block;
  }

  UUID owner() {
    return owner;
  }

  ChainKey key() {
    return key;
  }

  int block() {
    return block;
  }

  /** Whether it holds these tokens after that parent; two keys may be equal by accident. */
  boolean holds(@Nullable CachedBlock before, int[] sequence, int from) {
    return parent == before
        && Arrays.equals(tokens, 0, tokens.length, sequence, from, from + tokens.length);
  }
}

package org.millrace.inference.cache;

import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The cached blocks: found by key, owner by owner, and in the order in which they are given up.
 *
 * <p>Whoever holds a block holds all before it, and a table is released from its last block to its
 * first. So the block that has been idle longest never has one behind it: giving up from that end
 * leaves no block that cannot be reached. Written under the blocks' lock; {@link #count} may be
 * asked by any thread.
 */
final class PrefixIndex {
  private final ChainKey.Maker keys;
  private final int blockTokens;
  private final int ownerBlocksMax;
  private final Map<UUID, Owned> owners = new ConcurrentHashMap<>();
  private final LinkedHashSet<CachedBlock> idle = new LinkedHashSet<>();
  private volatile int size;
  private volatile long evictions;

  /** One owner's blocks. It goes when it has none, so there are never more owners than blocks. */
  private static final class Owned {
    private final ChainKey root;
    private final Map<ChainKey, CachedBlock> blocks = new HashMap<>();
    private final LinkedHashSet<CachedBlock> idle = new LinkedHashSet<>();
    private volatile int count;

    Owned(ChainKey root) {
      this.root = root;
    }
  }

  PrefixIndex(ChainKey.Maker keys, int blockTokens, int ownerBlocksMax) {
    this.keys = keys;
    this.blockTokens = blockTokens;
    this.ownerBlocksMax = ownerBlocksMax;
  }

  int ownerBlocksMax() {
    return ownerBlocksMax;
  }

  int size() {
    return size;
  }

  int count(UUID owner) {
    Owned owned = owners.get(owner);
    return owned == null ? 0 : owned.count;
  }

  long evictions() {
    return evictions;
  }

  /** Blocks that are cached and that nobody runs on. */
  int idle() {
    return idle.size();
  }

  /** The owner's block with these tokens after {@code parent}; {@code null} where there is none. */
  @Nullable CachedBlock find(UUID owner, @Nullable CachedBlock parent, int[] tokens, int from) {
    Owned owned = owners.get(owner);
    if (owned == null) {
      return null;
    }
    CachedBlock found = owned.blocks.get(key(owner, parent, tokens, from));
    return found != null && found.holds(parent, tokens, from) ? found : null;
  }

  /**
   * Takes in a block that somebody holds.
   *
   * @return {@code null} where another text has its key already
   */
  @Nullable CachedBlock add(
      UUID owner, @Nullable CachedBlock parent, int[] tokens, int from, int block) {
    ChainKey key = key(owner, parent, tokens, from);
    Owned owned = owners.computeIfAbsent(owner, o -> new Owned(keys.root(o)));
    int[] own = Arrays.copyOfRange(tokens, from, from + blockTokens);
    var added = new CachedBlock(owner, key, parent, own, block);
    if (owned.blocks.putIfAbsent(key, added) != null) {
      return null;
    }
    owned.count = owned.blocks.size();
    size++;
    return added;
  }

  private ChainKey key(UUID owner, @Nullable CachedBlock parent, int[] tokens, int from) {
    ChainKey before = parent == null ? root(owner) : parent.key();
    return keys.next(before, tokens, from, blockTokens);
  }

  private ChainKey root(UUID owner) {
    Owned owned = owners.get(owner);
    return owned == null ? keys.root(owner) : owned.root;
  }

  /** Whether the owner is at its limit. */
  boolean isFull(UUID owner) {
    return count(owner) >= ownerBlocksMax;
  }

  /** Nobody runs on the block any more. */
  void rest(CachedBlock block) {
    idle.add(block);
    owned(block).idle.add(block);
  }

  /** Somebody runs on a block that was idle. */
  void wake(CachedBlock block) {
    idle.remove(block);
    owned(block).idle.remove(block);
  }

  /** The block that has been idle longest. */
  @Nullable CachedBlock oldest() {
    return idle.isEmpty() ? null : idle.getFirst();
  }

  /** The owner's block that has been idle longest. */
  @Nullable CachedBlock oldest(UUID owner) {
    Owned owned = owners.get(owner);
    return owned == null || owned.idle.isEmpty() ? null : owned.idle.getFirst();
  }

  /** Gives up an idle block. */
  void evict(CachedBlock block) {
    wake(block);
    Owned owned = owned(block);
    owned.blocks.remove(block.key());
    owned.count = owned.blocks.size();
    if (owned.count == 0) {
      owners.remove(block.owner());
    }
    size--;
    evictions++;
  }

  private Owned owned(CachedBlock block) {
    Owned owned = owners.get(block.owner());
    if (owned == null) {
      throw new IllegalStateException("block " + block.block() + " is cached for nobody");
    }
    return owned;
  }
}

package org.millrace.inference.cache;

import java.security.SecureRandom;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.millrace.inference.api.BlockTable;
import org.millrace.inference.api.KvBlocks;

/**
 * Who holds which block: counts of holders, the blocks that are empty, and the prefix cache. Where
 * a block's content lies is its {@link BlockMemory}'s matter.
 *
 * <p>A block is empty, or held, or cached and idle. A cached block is never written to: who has to
 * write where it stands gets a copy.
 */
public final class SharedBlocks implements KvBlocks {
  private static final int SECRET_BYTES = 32;

  private final int blockTokens;
  private final BlockMemory memory;
  private final PrefixIndex index;
  private final int[] holders;
  private final @Nullable CachedBlock[] cached;
  // A stack, so that what was used last is used again first and the rest needs no memory.
  private final int[] empty;
  private int emptyCount;
  private volatile int free;

  /**
   * Draws the secret that the cache's keys are made with.
   *
   * @param ownerBlocksMax most blocks the prefix cache keeps for one owner; 0 for no prefix cache
   */
  public SharedBlocks(int blockTokens, int totalBlocks, int ownerBlocksMax, BlockMemory memory) {
    this(blockTokens, totalBlocks, ownerBlocksMax, memory, new ChainKey.Sha256(secret()));
  }

  SharedBlocks(
      int blockTokens,
      int totalBlocks,
      int ownerBlocksMax,
      BlockMemory memory,
      ChainKey.Maker keys) {
    this.blockTokens = blockTokens;
    this.memory = memory;
    this.index = new PrefixIndex(keys, blockTokens, ownerBlocksMax);
    this.holders = new int[totalBlocks];
    this.cached = new CachedBlock[totalBlocks];
    this.empty = new int[totalBlocks];
    for (int block = totalBlocks - 1; block >= 0; block--) {
      empty[emptyCount++] = block;
    }
    this.free = totalBlocks;
  }

  private static byte[] secret() {
    byte[] secret = new byte[SECRET_BYTES];
    new SecureRandom().nextBytes(secret);
    return secret;
  }

  @Override
  public int blockTokens() {
    return blockTokens;
  }

  @Override
  public int totalBlocks() {
    return holders.length;
  }

  @Override
  public int freeBlocks() {
    return free;
  }

  @Override
  public int cachedBlocks() {
    return index.size();
  }

  @Override
  public int cachedBlocks(UUID owner) {
    return index.count(owner);
  }

  @Override
  public int cachedBlocksMax() {
    return index.ownerBlocksMax();
  }

  @Override
  public long evictions() {
    return index.evictions();
  }

  /** How many tables hold a block. */
  public synchronized int holders(int block) {
    return holders[block];
  }

  /** For whom a block is cached; {@code null} where it is not. */
  public synchronized @Nullable UUID cachedFor(int block) {
    CachedBlock entry = cached[block];
    return entry == null ? null : entry.owner();
  }

  /** Whether one table holds a block and nobody else can come to read it. */
  public synchronized boolean isWritable(int block) {
    return holders[block] == 1 && cached[block] == null;
  }

  @Override
  public synchronized boolean reserve(BlockTable table, int from, int to) {
    if (from < 0 || to < from) {
      throw new IllegalArgumentException("cannot reserve %d tokens from %d".formatted(to, from));
    }
    int firstWritten = Math.min(from / blockTokens, table.size());
    int copies = 0;
    for (int i = firstWritten; i < table.size(); i++) {
      copies += isWritable(table.block(i)) ? 0 : 1;
    }
    int grown = Math.max(0, Math.ceilDiv(to, blockTokens) - table.size());
    if (copies + grown > free) {
      return false;
    }
    int[] taken = take(copies + grown);
    int next = copyShared(table, firstWritten, taken);
    while (next < taken.length) {
      table.append(taken[next++]);
    }
    return true;
  }

  /** All of them or, where memory runs out, none. */
  private int[] take(int count) {
    int[] taken = new int[count];
    while (emptyCount < count) {
      CachedBlock oldest = index.oldest();
      if (oldest == null) {
        throw new IllegalStateException("blocks are counted as free that are not");
      }
      evict(oldest);
    }
    for (int i = 0; i < count; i++) {
      taken[i] = empty[emptyCount - 1 - i];
      memory.prepare(taken[i]);
    }
    for (int block : taken) {
      holders[block] = 1;
    }
    emptyCount -= count;
    free -= count;
    return taken;
  }

  private int copyShared(BlockTable table, int firstWritten, int[] taken) {
    int used = 0;
    for (int i = firstWritten; i < table.size(); i++) {
      int shared = table.block(i);
      if (!isWritable(shared)) {
        memory.copy(shared, taken[used]);
        table.replace(i, taken[used++]);
        letGo(shared);
        table.shareable(Math.min(i, table.shareable()));
      }
    }
    return used;
  }

  @Override
  public synchronized void release(BlockTable table) {
    for (int i = 0; i < table.size(); i++) {
      if (holders[table.block(i)] == 0) {
        throw new IllegalStateException(
            "block " + table.block(i) + " is released, but nobody holds it");
      }
    }
    // From the last to the first: see PrefixIndex.
    for (int i = table.size() - 1; i >= 0; i--) {
      letGo(table.block(i));
    }
    table.clear();
  }

  private void letGo(int block) {
    if (--holders[block] > 0) {
      return;
    }
    CachedBlock entry = cached[block];
    if (entry == null) {
      empty[emptyCount++] = block;
    } else {
      index.rest(entry);
    }
    free++;
  }

  private void hold(CachedBlock entry) {
    if (holders[entry.block()]++ == 0) {
      index.wake(entry);
      free--;
    }
  }

  private void evict(CachedBlock entry) {
    index.evict(entry);
    cached[entry.block()] = null;
    empty[emptyCount++] = entry.block();
  }

  @Override
  public synchronized int adopt(BlockTable table, @Nullable UUID owner, int[] tokens, int count) {
    if (table.size() > 0) {
      throw new IllegalArgumentException(
          "only an empty table can adopt blocks; this one has " + table.size());
    }
    if (owner == null) {
      return 0;
    }
    int covered = 0;
    @Nullable CachedBlock entry = null;
    while (covered + blockTokens <= count) {
      entry = index.find(owner, entry, tokens, covered);
      if (entry == null) {
        break;
      }
      hold(entry);
      table.append(entry.block());
      covered += blockTokens;
    }
    table.shareable(table.size());
    return covered;
  }

  @Override
  public synchronized void publish(
      BlockTable table, @Nullable UUID owner, int[] tokens, int computed) {
    if (owner == null || index.ownerBlocksMax() == 0) {
      return;
    }
    int full = Math.min(computed / blockTokens, table.size());
    while (table.shareable() < full && publishNext(table, owner, tokens)) {
      table.shareable(table.shareable() + 1);
    }
  }

  private boolean publishNext(BlockTable table, UUID owner, int[] tokens) {
    int place = table.shareable();
    int block = table.block(place);
    @Nullable CachedBlock parent = place == 0 ? null : cached[table.block(place - 1)];
    CachedBlock same = index.find(owner, parent, tokens, place * blockTokens);
    if (same != null) {
      hold(same);
      table.replace(place, same.block());
      letGo(block);
      return true;
    }
    if (!makeRoom(owner)) {
      return false;
    }
    cached[block] = index.add(owner, parent, tokens, place * blockTokens, block);
    return cached[block] != null;
  }

  private boolean makeRoom(UUID owner) {
    if (!index.isFull(owner)) {
      return true;
    }
    CachedBlock oldest = index.oldest(owner);
    if (oldest == null) {
      return false;
    }
    evict(oldest);
    return true;
  }

  /** Leaves nothing to reserve. */
  synchronized void close() {
    free = 0;
    emptyCount = 0;
  }
}

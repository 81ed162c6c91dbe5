package org.millrace.serving.simulation;

import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.millrace.inference.api.BlockTable;
import org.millrace.inference.api.KvBlocks;
import org.millrace.inference.cache.BlockMemory;
import org.millrace.inference.cache.SharedBlocks;

/**
 * The engine's real block keeping, with a second book beside it: which tables hold which blocks,
 * and for whom each block's content was computed. Where the two disagree, a fault is noted.
 */
public final class WatchedBlocks implements KvBlocks {
  private final SharedBlocks blocks;
  private final Map<BlockTable, UUID> tables = new IdentityHashMap<>();
  private final @Nullable UUID[] computedFor;
  private final List<String> faults;
  private long adoptedTokens;

  WatchedBlocks(int blockTokens, int total, int ownerMax, BlockMemory memory, List<String> faults) {
    this.computedFor = new UUID[total];
    this.faults = faults;
    this.blocks =
        new SharedBlocks(
            blockTokens,
            total,
            ownerMax,
            new BlockMemory() {
              @Override
              public void prepare(int block) {
                memory.prepare(block);
              }

              @Override
              public void copy(int from, int to) {
                computedFor[to] = computedFor[from];
                memory.copy(from, to);
              }
            });
  }

  /** The engine writes to a block on behalf of this table. */
  void written(BlockTable table, int block) {
    int holders = 0;
    for (BlockTable each : tables.keySet()) {
      holders += holds(each, block) ? 1 : 0;
    }
    if (holders != 1 || blocks.cachedFor(block) != null) {
      faults.add("block %d is written to; %d hold it".formatted(block, holders));
    }
    computedFor[block] = tables.get(table);
  }

  private static boolean holds(BlockTable table, int block) {
    for (int i = 0; i < table.size(); i++) {
      if (table.block(i) == block) {
        return true;
      }
    }
    return false;
  }

  /** Compares both books. */
  void check() {
    int[] holders = new int[blocks.totalBlocks()];
    for (BlockTable table : tables.keySet()) {
      for (int i = 0; i < table.size(); i++) {
        holders[table.block(i)]++;
      }
    }
    int free = 0;
    int cached = 0;
    for (int block = 0; block < holders.length; block++) {
      if (holders[block] != blocks.holders(block)) {
        faults.add(
            "block %d: %d hold it, %d are counted"
                .formatted(block, holders[block], blocks.holders(block)));
      }
      UUID owner = blocks.cachedFor(block);
      if (owner != null && !owner.equals(computedFor[block])) {
        faults.add("block %d is cached for another than who computed it".formatted(block));
      }
      free += holders[block] == 0 ? 1 : 0;
      cached += owner == null ? 0 : 1;
    }
    if (free != freeBlocks() || cached != cachedBlocks()) {
      faults.add(
          "%d blocks are free and %d cached; counted are %d and %d"
              .formatted(free, cached, freeBlocks(), cachedBlocks()));
    }
  }

  /** Tokens that sequences found in the prefix cache. */
  public long adoptedTokens() {
    return adoptedTokens;
  }

  @Override
  public int blockTokens() {
    return blocks.blockTokens();
  }

  @Override
  public int totalBlocks() {
    return blocks.totalBlocks();
  }

  @Override
  public int freeBlocks() {
    return blocks.freeBlocks();
  }

  @Override
  public int cachedBlocks() {
    return blocks.cachedBlocks();
  }

  @Override
  public int cachedBlocks(UUID owner) {
    return blocks.cachedBlocks(owner);
  }

  @Override
  public int cachedBlocksMax() {
    return blocks.cachedBlocksMax();
  }

  @Override
  public long evictions() {
    return blocks.evictions();
  }

  @Override
  public boolean reserve(BlockTable table, int from, int to) {
    return blocks.reserve(table, from, to);
  }

  @Override
  public void release(BlockTable table) {
    blocks.release(table);
    tables.remove(table);
  }

  @Override
  public int adopt(BlockTable table, @Nullable UUID owner, int[] tokens, int count) {
    int covered = blocks.adopt(table, owner, tokens, count);
    tables.put(table, Objects.requireNonNull(owner, "every sequence has a tenant"));
    for (int i = 0; i < table.size(); i++) {
      if (!owner.equals(computedFor[table.block(i)])) {
        faults.add("a tenant got a block of another");
      }
    }
    adoptedTokens += covered;
    return covered;
  }

  @Override
  public void publish(BlockTable table, @Nullable UUID owner, int[] tokens, int computed) {
    blocks.publish(table, owner, tokens, computed);
  }
}

package org.millrace.inference.cache;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.millrace.inference.api.BlockTable;
import org.millrace.inference.api.KvBlocks;

/**
 * The blocks and their memory. Memory is taken from the system in slabs when a block of theirs is
 * first handed out, so an idle cache costs nothing; it is given back on {@link #close}.
 */
public final class KvPool implements KvBlocks, AutoCloseable {
  private static final long SLAB_BYTES = 8L << 20;

  private final KvLayout layout;
  private final SharedBlocks blocks;
  private final BlockMemory memory;

  /** A pool without a prefix cache. */
  public KvPool(KvLayout layout, int tokens) {
    this(layout, tokens, 0);
  }

  /**
   * @param layout what a block holds
   * @param tokens how many tokens to hold at least; rounded up to whole blocks
   * @param ownerPercent most of the blocks that the prefix cache keeps for one owner, in percent; 0
   *     for no prefix cache
   */
  public KvPool(KvLayout layout, int tokens, int ownerPercent) {
    this(layout, tokens, ownerPercent, new Slabs(layout.blockBytes(), blocksFor(tokens)));
  }

  /**
   * A pool over memory that somebody else owns, such as a device's.
   *
   * @param memory for {@link #blocksFor} blocks
   */
  public KvPool(KvLayout layout, int tokens, int ownerPercent, BlockMemory memory) {
    int total = blocksFor(tokens);
    this.layout = layout;
    this.memory = memory;
    int ownerBlocksMax = (int) ((long) total * ownerPercent / 100);
    this.blocks = new SharedBlocks(KvLayout.BLOCK_TOKENS, total, ownerBlocksMax, memory);
  }

  /** How many blocks hold so many tokens. */
  public static int blocksFor(int tokens) {
    return Math.ceilDiv(tokens, KvLayout.BLOCK_TOKENS);
  }

  /** What a block holds. */
  public KvLayout layout() {
    return layout;
  }

  /** The address of a block that somebody holds, of a pool on the host. */
  public long address(int block) {
    if (memory instanceof Slabs slabs) {
      return slabs.address(block);
    }
    throw new IllegalStateException("the blocks are not in the host's memory");
  }

  /** Whether one table holds a block and nobody else can come to read it. */
  public boolean isWritable(int block) {
    return blocks.isWritable(block);
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
  }

  @Override
  public int adopt(BlockTable table, @Nullable UUID owner, int[] tokens, int count) {
    return blocks.adopt(table, owner, tokens, count);
  }

  @Override
  public void publish(BlockTable table, @Nullable UUID owner, int[] tokens, int computed) {
    blocks.publish(table, owner, tokens, computed);
  }

  /** Gives the memory back; no block may be touched afterwards. Closing twice does nothing. */
  @Override
  public void close() {
    blocks.close();
    if (memory instanceof Slabs slabs) {
      slabs.close();
    }
  }

  /** Memory for blocks, some of them at a time. */
  private static final class Slabs implements BlockMemory {
    private final long blockBytes;
    private final int totalBlocks;
    private final int blocksPerSlab;
    private final @Nullable MemorySegment[] slabs;
    private final long[] addresses;
    private final Arena arena = Arena.ofShared();

    Slabs(long blockBytes, int totalBlocks) {
      this.blockBytes = blockBytes;
      this.totalBlocks = totalBlocks;
      this.blocksPerSlab = (int) Math.max(1, SLAB_BYTES / blockBytes);
      this.slabs = new MemorySegment[Math.ceilDiv(totalBlocks, blocksPerSlab)];
      this.addresses = new long[slabs.length];
    }

    long address(int block) {
      long slab = addresses[block / blocksPerSlab];
      if (slab == 0) {
        throw new IllegalArgumentException("block " + block + " was never reserved");
      }
      return slab + blockBytes * (block % blocksPerSlab);
    }

    @Override
    public void prepare(int block) {
      int slab = block / blocksPerSlab;
      if (slabs[slab] == null) {
        long count = Math.min(blocksPerSlab, totalBlocks - (long) slab * blocksPerSlab);
        MemorySegment memory = arena.allocate(count * blockBytes, 64);
        slabs[slab] = memory;
        addresses[slab] = memory.address();
      }
    }

    @Override
    public void copy(int from, int to) {
      segment(to).copyFrom(segment(from));
    }

    private MemorySegment segment(int block) {
      MemorySegment slab = slabs[block / blocksPerSlab];
      if (slab == null) {
        throw new IllegalArgumentException("block " + block + " was never reserved");
      }
      return slab.asSlice(blockBytes * (block % blocksPerSlab), blockBytes);
    }

    void close() {
      if (arena.scope().isAlive()) {
        arena.close();
      }
    }
  }
}

package org.millrace.inference.cache;

import java.lang.foreign.Arena;
import java.util.BitSet;
import org.millrace.inference.api.BlockTable;
import org.millrace.inference.api.KvBlocks;

/**
 * The blocks and their memory. Memory is taken from the system in slabs when a block of theirs is
 * first handed out, so an idle cache costs nothing; it is given back on {@link #close}.
 */
public final class KvPool implements KvBlocks, AutoCloseable {
  private static final long SLAB_BYTES = 8L << 20;

  private final KvLayout layout;
  private final int totalBlocks;
  private final int blocksPerSlab;
  private final long[] slabAddresses;
  private final Arena arena = Arena.ofShared();
  private final BitSet held;
  private int freeBlocks;

  /**
   * @param layout what a block holds
   * @param tokens how many tokens to hold at least; rounded up to whole blocks
   */
  public KvPool(KvLayout layout, int tokens) {
    this.layout = layout;
    this.totalBlocks = Math.ceilDiv(tokens, KvLayout.BLOCK_TOKENS);
    this.blocksPerSlab = (int) Math.max(1, SLAB_BYTES / layout.blockBytes());
    this.slabAddresses = new long[Math.ceilDiv(totalBlocks, blocksPerSlab)];
    this.held = new BitSet(totalBlocks);
    this.freeBlocks = totalBlocks;
  }

  /** What a block holds. */
  public KvLayout layout() {
    return layout;
  }

  /** The address of a block that somebody holds. */
  public long address(int block) {
    long slab = slabAddresses[block / blocksPerSlab];
    if (slab == 0) {
      throw new IllegalArgumentException("block " + block + " was never reserved");
    }
    return slab + layout.blockBytes() * (block % blocksPerSlab);
  }

  @Override
  public int blockTokens() {
    return KvLayout.BLOCK_TOKENS;
  }

  @Override
  public int totalBlocks() {
    return totalBlocks;
  }

  @Override
  public synchronized int freeBlocks() {
    return freeBlocks;
  }

  @Override
  public synchronized boolean reserve(BlockTable table, int tokens) {
    if (tokens < 0) {
      throw new IllegalArgumentException("cannot reserve " + tokens + " tokens");
    }
    int wanted = Math.ceilDiv(tokens, KvLayout.BLOCK_TOKENS) - table.size();
    if (wanted > freeBlocks) {
      return false;
    }
    int[] taken = new int[Math.max(0, wanted)];
    int next = -1;
    for (int i = 0; i < taken.length; i++) {
      next = held.nextClearBit(next + 1);
      // May run out of memory, so before anything is marked.
      ensureSlab(next / blocksPerSlab);
      taken[i] = next;
    }
    for (int block : taken) {
      held.set(block);
      table.append(block);
    }
    freeBlocks -= taken.length;
    return true;
  }

  @Override
  public synchronized void release(BlockTable table) {
    for (int i = 0; i < table.size(); i++) {
      if (!held.get(table.block(i))) {
        throw new IllegalStateException(
            "block " + table.block(i) + " is released, but nobody holds it");
      }
    }
    for (int i = 0; i < table.size(); i++) {
      held.clear(table.block(i));
      freeBlocks++;
    }
    table.clear();
  }

  /** Gives the memory back; no block may be touched afterwards. Closing twice does nothing. */
  @Override
  public synchronized void close() {
    if (arena.scope().isAlive()) {
      arena.close();
      freeBlocks = 0;
      held.set(0, totalBlocks);
    }
  }

  private void ensureSlab(int slab) {
    if (slabAddresses[slab] == 0) {
      long blocks = Math.min(blocksPerSlab, totalBlocks - (long) slab * blocksPerSlab);
      slabAddresses[slab] = arena.allocate(blocks * layout.blockBytes(), 64).address();
    }
  }
}

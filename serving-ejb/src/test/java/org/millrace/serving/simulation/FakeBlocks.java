package org.millrace.serving.simulation;

import java.util.ArrayDeque;
import org.millrace.inference.api.BlockTable;
import org.millrace.inference.api.KvBlocks;

/** A pool of numbered blocks. */
public final class FakeBlocks implements KvBlocks {
  private final int blockTokens;
  private final int total;
  private final ArrayDeque<Integer> free = new ArrayDeque<>();

  FakeBlocks(int blockTokens, int total) {
    this.blockTokens = blockTokens;
    this.total = total;
    for (int i = 0; i < total; i++) {
      free.add(i);
    }
  }

  @Override
  public int blockTokens() {
    return blockTokens;
  }

  @Override
  public int totalBlocks() {
    return total;
  }

  @Override
  public int freeBlocks() {
    return free.size();
  }

  @Override
  public boolean reserve(BlockTable table, int tokens) {
    int wanted = Math.ceilDiv(tokens, blockTokens) - table.size();
    if (wanted > free.size()) {
      return false;
    }
    for (int i = 0; i < wanted; i++) {
      table.append(free.remove());
    }
    return true;
  }

  @Override
  public void release(BlockTable table) {
    for (int i = 0; i < table.size(); i++) {
      if (free.contains(table.block(i))) {
        throw new IllegalStateException("block " + table.block(i) + " was released twice");
      }
      free.add(table.block(i));
    }
    table.clear();
  }
}

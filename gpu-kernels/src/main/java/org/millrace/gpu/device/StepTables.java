package org.millrace.gpu.device;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.millrace.gpu.driver.Arguments;
import org.millrace.gpu.driver.CudaContext;
import org.millrace.inference.api.BlockTable;
import org.millrace.inference.cache.KvLayout;
import org.millrace.inference.tensor.Batch;

/**
 * What kernels need to know of a step's rows, on the device in one piece and brought there by one
 * copy: tokens, positions, sequences, their blocks, and the tiles that attention works on. Always
 * at the same addresses, so a step that was written down finds the next one's.
 */
final class StepTables {
  private static final int QUERIES = 16;

  /** As in {@code attention.cuh}. */
  private static final int PART_TOKENS = 64;

  private final CudaContext context;
  private final MemorySegment host;
  private final long device;
  private final int rowsMax;
  private final int slicesMax;
  private final int blocksMax;
  private final int group;
  private long filledFor = -1;
  private int tiles;
  private int parts;

  /**
   * @param group query heads that share a key-value head
   */
  StepTables(
      CudaContext context,
      DeviceMemory memory,
      int rowsMax,
      int slicesMax,
      int blocksMax,
      int group) {
    this.context = context;
    this.rowsMax = rowsMax;
    this.slicesMax = slicesMax;
    this.blocksMax = blocksMax;
    this.group = group;
    long bytes = bytes(rowsMax, slicesMax, blocksMax);
    this.host = context.pinned(bytes);
    this.device = memory.take(bytes, "the step's tables");
  }

  /** Bytes of the tables. */
  static long bytes(int rowsMax, int slicesMax, int blocksMax) {
    return 4L * (5L * rowsMax + slicesMax + blocksMax);
  }

  private int positionsAt() {
    return rowsMax;
  }

  private int sequencesAt() {
    return 2 * rowsMax;
  }

  private int startsAt() {
    return 3 * rowsMax;
  }

  private int tilesAt() {
    return startsAt() + slicesMax;
  }

  private int blocksAt() {
    return tilesAt() + 2 * rowsMax;
  }

  long tokens() {
    return device;
  }

  long positions() {
    return device + 4L * positionsAt();
  }

  long tileTable() {
    return device + 4L * tilesAt();
  }

  /** As {@code struct Tables} has it. */
  Arguments put(Arguments arguments) {
    return arguments
        .put(positions())
        .put(device + 4L * sequencesAt())
        .put(device + 4L * startsAt())
        .put(device + 4L * blocksAt());
  }

  /** Tiles of queries in the step. */
  int tiles() {
    return tiles;
  }

  /** Parts of the step's longest sequence. */
  int parts() {
    return parts;
  }

  /**
   * Parts of a sequence, rounded up to a power of two, so that a step that was written down serves
   * longer ones too; parts that do not exist end at once.
   */
  static int partsOf(int tokens) {
    int needed = Math.ceilDiv(tokens, PART_TOKENS);
    return needed == 1 ? 1 : Integer.highestOneBit(needed - 1) * 2;
  }

  /** Brings a step's tables to the device, once. */
  void fill(Batch batch) {
    if (filledFor == batch.version()) {
      return;
    }
    // The copy of the step before may still be on its way out of this memory.
    context.synchronize();
    int last = 0;
    int sequence = -1;
    for (int row = 0; row < batch.rows(); row++) {
      sequence += row == batch.firstRow(sequence + 1) ? 1 : 0;
      set(row, batch.token(row));
      set(positionsAt() + row, batch.position(row));
      set(sequencesAt() + row, sequence);
      last = Math.max(last, batch.position(row));
    }
    parts = partsOf(last + 1);
    cutTiles(batch);
    int blocks = putBlocks(batch);
    context.upload(host, device, 4L * (blocksAt() + blocks));
    filledFor = batch.version();
  }

  private void cutTiles(Batch batch) {
    int rowsPerTile = QUERIES / Math.min(QUERIES, group);
    tiles = 0;
    for (int slice = 0; slice < batch.slices(); slice++) {
      int end = batch.firstRow(slice + 1);
      for (int row = batch.firstRow(slice); row < end; row += rowsPerTile) {
        set(tilesAt() + 2 * tiles, row);
        set(tilesAt() + 2 * tiles + 1, Math.min(rowsPerTile, end - row));
        tiles++;
      }
    }
  }

  private int putBlocks(Batch batch) {
    int count = 0;
    for (int slice = 0; slice < batch.slices(); slice++) {
      int lastRow = batch.firstRow(slice + 1) - 1;
      BlockTable table = batch.table(lastRow);
      set(startsAt() + slice, count);
      int needed = batch.position(lastRow) / KvLayout.BLOCK_TOKENS + 1;
      if (count + needed > blocksMax) {
        throw new IllegalStateException(
            "the step's sequences have more than %d blocks".formatted(blocksMax));
      }
      for (int i = 0; i < needed; i++) {
        set(blocksAt() + count++, table.block(i));
      }
    }
    return count;
  }

  private void set(int index, int value) {
    host.setAtIndex(ValueLayout.JAVA_INT, index, value);
  }
}

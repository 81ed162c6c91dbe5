package org.millrace.inference.tensor;

import org.millrace.inference.api.BlockTable;

/**
 * The rows of one step: which token stands at which position of which sequence. Filled anew for
 * each step; nothing is allocated.
 */
public final class Batch {
  private final int[] tokens;
  private final int[] positions;
  private final int[] sliceOf;
  private final int[] firstRows;
  private final BlockTable[] tables;
  private int rows;
  private int slices;
  private long version;

  /**
   * @param rowsMax most tokens of a step
   * @param slicesMax most sequences of a step
   */
  public Batch(int rowsMax, int slicesMax) {
    this.tokens = new int[rowsMax];
    this.positions = new int[rowsMax];
    this.sliceOf = new int[rowsMax];
    this.firstRows = new int[slicesMax + 1];
    this.tables = new BlockTable[slicesMax];
  }

  /** Empties the batch. */
  public void clear() {
    rows = 0;
    slices = 0;
    version++;
  }

  /** Adds {@code count} tokens of one sequence, standing at positions from {@code from}. */
  public void add(int[] sequence, int from, int count, BlockTable table) {
    for (int i = 0; i < count; i++) {
      tokens[rows] = sequence[from + i];
      positions[rows] = from + i;
      sliceOf[rows] = slices;
      rows++;
    }
    tables[slices++] = table;
    firstRows[slices] = rows;
  }

  /** Another number for each step, so that what depends on positions is computed once. */
  public long version() {
    return version;
  }

  /** Tokens of the step. */
  public int rows() {
    return rows;
  }

  /** Sequences of the step. */
  public int slices() {
    return slices;
  }

  /** The token of a row. */
  public int token(int row) {
    return tokens[row];
  }

  /** The position of a row in its sequence. */
  public int position(int row) {
    return positions[row];
  }

  /** The blocks of the sequence that a row belongs to. */
  public BlockTable table(int row) {
    return tables[sliceOf[row]];
  }

  /** The first row of a slice; for {@code slices()} the number of rows. */
  public int firstRow(int slice) {
    return slice == 0 ? 0 : firstRows[slice];
  }
}

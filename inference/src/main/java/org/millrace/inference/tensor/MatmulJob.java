package org.millrace.inference.tensor;

import java.util.ArrayList;
import java.util.List;
import org.millrace.inference.threads.Team;

/**
 * Several matrix products as one piece of work of the team: the inputs are prepared as the kernels
 * want them, once for all products that share them, then the weights are cut into runs of rows.
 */
final class MatmulJob implements AutoCloseable {
  private static final int ROWS_PER_CHUNK = 32;

  /**
   * A single token's chunk is sixteen runs of neighbouring rows, of about this many bytes each:
   * long, so that the machine has much to fetch ahead.
   */
  private static final long LONG_RUN_BYTES = 32 << 10;

  /** Near a job's end: short, so that members end within microseconds of each other. */
  private static final long SHORT_RUN_BYTES = 8 << 10;

  private static final int RUNS = 16;

  /** Inputs up to this size are prepared by the caller alone. */
  private static final long INLINE_ELEMENTS = 16_384;

  private static final int PREPARED_ROWS_PER_CHUNK = 8;

  private final Kernels kernels;
  private final Team team;
  private final long[] scratch;
  private final GrowingMemory prepared = new GrowingMemory();
  private final List<MatmulPart> parts = new ArrayList<>();
  private final Team.Job prepareChunk = this::prepare;
  private final Team.Job multiplyChunk = this::multiply;
  private int[] chunkEnds = new int[4];

  /** How many of each part's rows are in long runs; the others follow. */
  private int[] longRows = new int[4];

  private int used;

  MatmulJob(Kernels kernels, Team team, long[] scratch) {
    this.kernels = kernels;
    this.team = team;
    this.scratch = scratch;
  }

  void clear() {
    used = 0;
  }

  /** A product to fill in; parts are kept for the next use. */
  MatmulPart next() {
    if (used == parts.size()) {
      parts.add(new MatmulPart());
    }
    return parts.get(used++);
  }

  /** Runs all parts. */
  void run() {
    if (chunkEnds.length < used) {
      chunkEnds = new int[used * 2];
      longRows = new int[used * 2];
    }
    prepareInputs();
    chooseLongRows();
    int chunks = 0;
    for (int i = 0; i < used; i++) {
      MatmulPart part = parts.get(i);
      chunks += Math.ceilDiv(longRows[i], rowsPerChunk(part, LONG_RUN_BYTES));
      chunks += Math.ceilDiv(part.weightRows - longRows[i], rowsPerChunk(part, SHORT_RUN_BYTES));
      chunkEnds[i] = chunks;
    }
    team.run(chunks, multiplyChunk);
  }

  /** Leaves as much for short runs, at the end of all parts, as a long chunk for each member. */
  private void chooseLongRows() {
    long shortBytes = team.size() * RUNS * LONG_RUN_BYTES;
    for (int i = used - 1; i >= 0; i--) {
      MatmulPart part = parts.get(i);
      long rows = Math.min(part.weightRows, shortBytes / part.rowBytes);
      longRows[i] = part.weightRows - (int) rows;
      shortBytes -= rows * part.rowBytes;
    }
  }

  private static int rowsPerChunk(MatmulPart part, long runBytes) {
    if (part.tokens > 1) {
      return ROWS_PER_CHUNK;
    }
    return (int) Math.max(1, runBytes / part.rowBytes) * RUNS;
  }

  private void prepareInputs() {
    long bytes = 0;
    for (int i = 0; i < used; i++) {
      bytes += isPrepared(i) || sharesInputs(i) ? 0 : preparedBytes(parts.get(i));
    }
    if (bytes == 0) {
      return;
    }
    long next = prepared.atLeast(bytes);
    int chunks = 0;
    long elements = 0;
    for (int i = 0; i < used; i++) {
      MatmulPart part = parts.get(i);
      if (!isPrepared(i) && sharesInputs(i)) {
        part.prepared = parts.get(i - 1).prepared;
      } else if (!isPrepared(i) && preparedBytes(part) > 0) {
        part.prepared = next;
        next += preparedBytes(part);
        chunks += Math.ceilDiv(part.tokens, PREPARED_ROWS_PER_CHUNK);
        elements += (long) part.tokens * part.columns;
      }
      chunkEnds[i] = chunks;
    }
    if (elements <= INLINE_ELEMENTS) {
      for (int i = 0; i < chunks; i++) {
        prepare(i, 0);
      }
    } else {
      team.run(chunks, prepareChunk);
    }
  }

  /** Whether somebody else has done it. */
  private boolean isPrepared(int index) {
    return parts.get(index).prepared != 0;
  }

  /** Neighbours that read the same rows, such as a layer's query, key and value projections. */
  private boolean sharesInputs(int index) {
    return index > 0 && parts.get(index - 1).sharesInputs(parts.get(index), kernels);
  }

  private long preparedBytes(MatmulPart part) {
    return part.tokens * part.preparedBytes(kernels);
  }

  private int partOf(int chunk) {
    int index = 0;
    while (chunk >= chunkEnds[index]) {
      index++;
    }
    return index;
  }

  @SuppressWarnings("unused")
  private void prepare(int chunk, int member) {
    int index = partOf(chunk);
    MatmulPart part = parts.get(index);
    int from = (chunk - (index == 0 ? 0 : chunkEnds[index - 1])) * PREPARED_ROWS_PER_CHUNK;
    int rows = Math.min(PREPARED_ROWS_PER_CHUNK, part.tokens - from);
    long to = part.prepared + from * part.preparedBytes(kernels);
    kernels.prepare(part.inRow(from), part.columns, rows, to);
  }

  private void multiply(int chunk, int member) {
    int index = partOf(chunk);
    MatmulPart part = parts.get(index);
    int number = chunk - (index == 0 ? 0 : chunkEnds[index - 1]);
    int rows = rowsPerChunk(part, LONG_RUN_BYTES);
    int longChunks = Math.ceilDiv(longRows[index], rows);
    int from = number * rows;
    int end = longRows[index];
    if (number >= longChunks) {
      rows = rowsPerChunk(part, SHORT_RUN_BYTES);
      from = end + (number - longChunks) * rows;
      end = part.weightRows;
    }
    kernels.matmul(part, from, Math.min(end, from + rows), scratch[member]);
  }

  @Override
  public void close() {
    prepared.close();
  }
}

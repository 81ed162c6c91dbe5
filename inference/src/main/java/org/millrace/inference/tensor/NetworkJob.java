package org.millrace.inference.tensor;

import org.millrace.inference.gguf.GgmlType;
import org.millrace.inference.threads.Team;

/**
 * Feed-forward networks, some of their hidden columns at a time: gate and up projection of all
 * tokens give a slice of columns, which is activated and written down as the down projection's
 * kernels want it, a few bits instead of two float32 an element. Weights are read once all the
 * same, and as every column is computed alone the results are those of no slices.
 */
final class NetworkJob implements AutoCloseable {
  /** Elements of a slice where many tokens go through a network together. */
  private static final int SLICE_ELEMENTS = 1 << 20;

  /** Slices end where blocks of all types end. */
  private static final int COLUMNS_MULTIPLE = 256;

  /** Columns for each member of the team, so that all have something to do in each slice. */
  private static final int COLUMNS_PER_MEMBER = 64;

  /** Elements below which waking the team costs more than it saves. */
  private static final int INLINE_ELEMENTS = 16_384;

  private final Kernels kernels;
  private final Team team;
  private final MatmulJob matmul;
  private final GrowingMemory memory = new GrowingMemory();
  private final Team.Job finishRows = this::finish;
  private Activation activation = Activation.SILU;
  private long gate;
  private long up;
  private int firstColumn;
  private int columns;
  private int rows;
  private int hidden;
  private int rowsPerChunk;

  /** Where hidden elements are written down; 0 where they stay where the gate has left them. */
  private long written;

  /** Bytes of a row of them; 0 where they are float32. */
  private long preparedBytes;

  NetworkJob(Kernels kernels, Team team, MatmulJob matmul) {
    this.kernels = kernels;
    this.team = team;
    this.matmul = matmul;
  }

  /** How many columns so many tokens' slices have. */
  static int sliceColumns(int rows, int hidden, int members) {
    long most = Math.max(SLICE_ELEMENTS / rows, (long) COLUMNS_PER_MEMBER * members);
    long whole = Math.ceilDiv(most, COLUMNS_MULTIPLE) * COLUMNS_MULTIPLE;
    return (int) Math.min(hidden, whole);
  }

  /** The largest slice of up to so many tokens, in elements. */
  static long sliceFloatsMax(int rowsMax, int hidden, int members) {
    long some = Math.max(SLICE_ELEMENTS, (long) rowsMax * COLUMNS_PER_MEMBER * members);
    return Math.min((long) rowsMax * hidden, some + (long) rowsMax * COLUMNS_MULTIPLE);
  }

  void run(Buffer in, int tokens, GatedNetwork network) {
    rows = tokens;
    hidden = network.hidden();
    activation = network.activation();
    gate = network.gate().out().address();
    up = network.up().out().address();
    int most = sliceColumns(tokens, hidden, team.size());
    network.gate().out().require((long) tokens * most, "feedForward");
    network.up().out().require((long) tokens * most, "feedForward");
    takeMemory(network.down().weights().type(), most < hidden);
    long inputs = 0;
    for (int from = 0; from < hidden; from += most) {
      firstColumn = from;
      columns = Math.min(most, hidden - from);
      inputs = projectSlice(in, network, inputs);
      finishSlice();
    }
    matmul.clear();
    MatmulPart down = matmul.next();
    down.set(network.down(), written == 0 ? gate : written, tokens);
    down.prepared = preparedBytes == 0 ? 0 : written;
    matmul.run();
  }

  private void takeMemory(GgmlType type, boolean sliced) {
    preparedBytes = kernels.preparedBytes(type, hidden);
    long rowBytes = preparedBytes == 0 ? (long) hidden * Float.BYTES : preparedBytes;
    written = preparedBytes == 0 && !sliced ? 0 : memory.atLeast(rows * rowBytes);
  }

  /**
   * Leaves a slice of gate and up projection, {@code [rows, columns]}.
   *
   * @param inputs as an earlier slice has prepared them; 0 where there was none
   * @return the inputs as they are prepared now
   */
  private long projectSlice(Buffer in, GatedNetwork network, long inputs) {
    matmul.clear();
    MatmulPart first = matmul.next();
    first.set(network.gate(), firstColumn, columns, in.address(), rows);
    first.prepared = inputs;
    MatmulPart second = matmul.next();
    second.set(network.up(), firstColumn, columns, in.address(), rows);
    // Both were prepared by the first slice, if they are of one kind.
    second.prepared = first.sharesInputs(second, kernels) ? inputs : 0;
    matmul.run();
    return first.sharesInputs(second, kernels) ? first.prepared : 0;
  }

  private void finishSlice() {
    rowsPerChunk = Math.max(1, INLINE_ELEMENTS / columns);
    int chunks = Math.ceilDiv(rows, rowsPerChunk);
    team.run(chunks, finishRows);
  }

  @SuppressWarnings("unused")
  private void finish(int chunk, int member) {
    int first = chunk * rowsPerChunk;
    int count = Math.min(rows - first, rowsPerChunk);
    long elements = gate + (long) first * columns * Float.BYTES;
    long others = up + (long) first * columns * Float.BYTES;
    kernels.activate(activation, elements, others, count * columns);
    if (preparedBytes > 0) {
      long to = written + first * preparedBytes;
      kernels.preparePart(elements, hidden, firstColumn, columns, count, to);
    } else if (written != 0) {
      for (int row = 0; row < count; row++) {
        long to = written + ((long) (first + row) * hidden + firstColumn) * Float.BYTES;
        Memory.copyFloats(elements + (long) row * columns * Float.BYTES, to, columns);
      }
    }
  }

  @Override
  public void close() {
    memory.close();
  }
}

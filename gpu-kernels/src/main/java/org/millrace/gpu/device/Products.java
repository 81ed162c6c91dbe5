package org.millrace.gpu.device;

import org.jspecify.annotations.Nullable;
import org.millrace.gpu.driver.Arguments;
import org.millrace.gpu.driver.CudaContext.Grid;
import org.millrace.inference.gguf.GgmlType;
import org.millrace.inference.tensor.Buffer;
import org.millrace.inference.tensor.Matrix;
import org.millrace.inference.tensor.Projection;

/**
 * Weights times activations: which kernel, on which grid. Every choice gives the same bits, so it
 * is made by what is fastest for so many rows.
 */
final class Products {
  /** Rows up to which weights are multiplied as vectors; with more, tensor cores win. */
  private static final int VECTOR_ROWS_MAX = 8;

  private static final int TILE_ROWS = 64;
  private static final int TILE_TOKENS = 32;
  private static final int NARROW_ROWS = 16;
  private static final int NARROW_TOKENS = 8;

  private final Launcher launcher;
  private final Twins twins;

  /**
   * Tokens that choose among matrices.
   *
   * @param addresses of each expert's matrix
   * @param chosen the expert of each slot
   * @param first where each expert's slots begin in {@code slots}
   * @param slots by expert
   * @param experts how many there are
   * @param share slots that read one input row
   */
  record Choice(long addresses, long chosen, long first, long slots, int experts, int share) {}

  Products(Launcher launcher, Twins twins) {
    this.launcher = launcher;
    this.twins = twins;
  }

  /** {@code out = weights * in}, for rows of {@code in} one after the other. */
  void project(Buffer in, int rows, Projection projection) {
    run(
        in,
        rows,
        projection.weights(),
        projection.bias(),
        projection.out(),
        projection.accumulate(),
        null);
  }

  /** The same for slots, each with the matrix of the expert it chose. */
  void choose(Buffer in, int slots, Matrix shape, Buffer out, Choice choice) {
    run(in, slots, shape, null, out, false, choice);
  }

  private void run(
      Buffer in,
      int rows,
      Matrix weights,
      @Nullable Buffer bias,
      Buffer out,
      boolean accumulate,
      @Nullable Choice choice) {
    if (!Storage.isQuantized(weights.type())) {
      floats(in, rows, weights, bias, out, accumulate, choice);
    } else if (rows <= VECTOR_ROWS_MAX) {
      vectors(in, rows, weights, bias, out, accumulate, choice);
    } else {
      tiles(in, rows, weights, bias, out, accumulate, choice);
    }
    twins.stale(out);
  }

  private void vectors(
      Buffer in,
      int rows,
      Matrix weights,
      @Nullable Buffer bias,
      Buffer out,
      boolean accumulate,
      @Nullable Choice choice) {
    Twins.Twin twin = twins.of(in, inputs(rows, choice) * weights.columns());
    launcher
        .arguments()
        .put(choice == null ? weights.address() : 0L)
        .put(choice == null ? 0L : choice.addresses())
        .put(choice == null ? 0L : choice.chosen())
        .put(twin.quanta)
        .put(twin.scales)
        .put(address(bias))
        .put(out.address())
        .put(weights.rows())
        .put(weights.columns() / Storage.BLOCK)
        .put(rows)
        .put(choice == null ? 1 : choice.share())
        .put(accumulate);
    int together = choice == null ? powerOfTwo(rows) : 1;
    int slots = choice == null ? 1 : rows;
    launcher.run(
        "matvec_" + Storage.name(weights.type()) + "_" + together,
        new Grid(Math.ceilDiv(weights.rows(), NARROW_ROWS), slots, 1, 128));
  }

  private void tiles(
      Buffer in,
      int rows,
      Matrix weights,
      @Nullable Buffer bias,
      Buffer out,
      boolean accumulate,
      @Nullable Choice choice) {
    Twins.Twin twin = twins.of(in, inputs(rows, choice) * weights.columns());
    head(weights, choice)
        .put(twin.quanta)
        .put(twin.scales)
        .put(address(bias))
        .put(out.address())
        .put(weights.rows())
        .put(weights.columns() / Storage.BLOCK)
        .put(rows)
        .put(choice == null ? 1 : choice.share())
        .put(accumulate);
    launcher.run(
        "matmul_" + Storage.name(weights.type()),
        grid(weights.rows(), TILE_ROWS, rows, TILE_TOKENS, choice));
  }

  private void floats(
      Buffer in,
      int rows,
      Matrix weights,
      @Nullable Buffer bias,
      Buffer out,
      boolean accumulate,
      @Nullable Choice choice) {
    head(weights, choice)
        .put(in.address())
        .put(address(bias))
        .put(out.address())
        .put(weights.rows())
        .put(weights.columns())
        .put(Storage.stride(weights))
        .put(rows)
        .put(choice == null ? 1 : choice.share())
        .put(accumulate);
    boolean narrow = rows <= VECTOR_ROWS_MAX;
    int tileRows = narrow ? NARROW_ROWS : 2 * NARROW_ROWS;
    int tileTokens = narrow ? NARROW_TOKENS : TILE_TOKENS;
    launcher.run(
        "matmul_" + name(weights.type()) + (narrow ? "_narrow" : "_wide"),
        grid(weights.rows(), tileRows, rows, tileTokens, choice));
  }

  private static String name(GgmlType type) {
    return Storage.name(type);
  }

  private Arguments head(Matrix weights, @Nullable Choice choice) {
    return launcher
        .arguments()
        .put(choice == null ? weights.address() : 0L)
        .put(choice == null ? 0L : choice.addresses())
        .put(choice == null ? 0L : choice.first())
        .put(choice == null ? 0L : choice.slots());
  }

  /** All slots might choose one expert: tiles that find no slot of theirs end at once. */
  private static Grid grid(
      int rows, int tileRows, int tokens, int tileTokens, @Nullable Choice choice) {
    return new Grid(
        Math.ceilDiv(rows, tileRows),
        Math.ceilDiv(tokens, tileTokens),
        choice == null ? 1 : choice.experts(),
        256);
  }

  private static long inputs(int rows, @Nullable Choice choice) {
    return choice == null ? rows : rows / choice.share();
  }

  private static long address(@Nullable Buffer buffer) {
    return buffer == null ? 0 : buffer.address();
  }

  private static int powerOfTwo(int rows) {
    return rows == 1 ? 1 : Integer.highestOneBit(rows - 1) * 2;
  }
}

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
  private static final int THREADS = 256;
  private static final int NARROW_ROWS = 16;
  private static final int NARROW_TOKENS = 8;

  private final Launcher launcher;
  private final Twins twins;
  private final WideProducts wide;

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
    this.wide = new WideProducts(launcher);
  }

  /** {@code out = weights * in}, for rows of {@code in} one after the other. */
  void project(Buffer in, int rows, Projection projection) {
    run(
        new Product(
            in,
            rows,
            projection.weights(),
            projection.bias(),
            projection.out(),
            projection.accumulate(),
            null));
  }

  /** The same for slots, each with the matrix of the expert it chose. */
  void choose(Buffer in, int slots, Matrix shape, Buffer out, Choice choice) {
    run(new Product(in, slots, shape, null, out, false, choice));
  }

  private void run(Product product) {
    if (!Storage.isQuantized(product.weights.type())) {
      floats(product);
    } else if (product.rows <= VECTOR_ROWS_MAX) {
      vectors(product);
    } else {
      tiles(product);
    }
    twins.stale(product.out);
  }

  private void vectors(Product product) {
    Choice choice = product.choice;
    Matrix weights = product.weights;
    Twins.Twin twin = twinOf(product);
    quantized(
        twin,
        launcher
            .arguments()
            .put(choice == null ? weights.address() : 0L)
            .put(choice == null ? 0L : choice.addresses())
            .put(choice == null ? 0L : choice.chosen()),
        product);
    int together = choice == null ? powerOfTwo(product.rows) : 1;
    int slots = choice == null ? 1 : product.rows;
    launcher.run(
        "matvec_" + Storage.name(weights.type()) + "_" + together,
        new Grid(Math.ceilDiv(weights.rows(), NARROW_ROWS), slots, 1, 128));
  }

  private void tiles(Product product) {
    Twins.Twin twin = twinOf(product);
    quantized(twin, head(product), product);
    GgmlType type = product.weights.type();
    String name = Storage.name(type);
    if (wide.isBest(type, product.weights.rows(), product.rows, product.experts())) {
      int rows = WideProducts.tileRows(type);
      launcher.run(
          "wide_matmul_" + name,
          grid(product, rows, WideProducts.TILE_TOKENS, WideProducts.threads(type)));
    } else {
      launcher.run("matmul_" + name, grid(product, TILE_ROWS, TILE_TOKENS, THREADS));
    }
  }

  /** Before the product's own arguments are begun, because a twin may have to be made first. */
  private Twins.Twin twinOf(Product product) {
    return twins.of(product.in, product.inputs() * product.weights.columns());
  }

  /** What the kernels of quantized weights take after where the weights are. */
  private static void quantized(Twins.Twin twin, Arguments arguments, Product product) {
    Matrix weights = product.weights;
    arguments
        .put(twin.quanta)
        .put(twin.scales)
        .put(address(product.bias))
        .put(product.out.address())
        .put(weights.rows())
        .put(weights.columns() / Storage.BLOCK)
        .put(product.rows)
        .put(product.share())
        .put(product.accumulate);
  }

  private void floats(Product product) {
    Matrix weights = product.weights;
    head(product)
        .put(product.in.address())
        .put(address(product.bias))
        .put(product.out.address())
        .put(weights.rows())
        .put(weights.columns())
        .put(Storage.stride(weights))
        .put(product.rows)
        .put(product.share())
        .put(product.accumulate);
    boolean narrow = product.rows <= VECTOR_ROWS_MAX;
    int tileRows = narrow ? NARROW_ROWS : 2 * NARROW_ROWS;
    int tileTokens = narrow ? NARROW_TOKENS : TILE_TOKENS;
    launcher.run(
        "matmul_" + Storage.name(weights.type()) + (narrow ? "_narrow" : "_wide"),
        grid(product, tileRows, tileTokens, THREADS));
  }

  private Arguments head(Product product) {
    Choice choice = product.choice;
    return launcher
        .arguments()
        .put(choice == null ? product.weights.address() : 0L)
        .put(choice == null ? 0L : choice.addresses())
        .put(choice == null ? 0L : choice.first())
        .put(choice == null ? 0L : choice.slots());
  }

  /** All slots might choose one expert: tiles that find no slot of theirs end at once. */
  private static Grid grid(Product product, int tileRows, int tileTokens, int threads) {
    return new Grid(
        Math.ceilDiv(product.weights.rows(), tileRows),
        Math.ceilDiv(product.rows, tileTokens),
        product.experts(),
        threads);
  }

  private static long address(@Nullable Buffer buffer) {
    return buffer == null ? 0 : buffer.address();
  }

  private static int powerOfTwo(int rows) {
    return rows == 1 ? 1 : Integer.highestOneBit(rows - 1) * 2;
  }

  /** One product; with a choice, {@code rows} are slots that share inputs. */
  private record Product(
      Buffer in,
      int rows,
      Matrix weights,
      @Nullable Buffer bias,
      Buffer out,
      boolean accumulate,
      @Nullable Choice choice) {

    int share() {
      return choice == null ? 1 : choice.share();
    }

    int experts() {
      return choice == null ? 1 : choice.experts();
    }

    long inputs() {
      return rows / share();
    }
  }
}

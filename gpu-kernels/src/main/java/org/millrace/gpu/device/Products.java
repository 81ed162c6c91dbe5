package org.millrace.gpu.device;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.millrace.gpu.driver.Arguments;
import org.millrace.gpu.driver.CudaContext.Grid;
import org.millrace.inference.gguf.GgmlType;
import org.millrace.inference.tensor.Buffer;
import org.millrace.inference.tensor.Matrix;
import org.millrace.inference.tensor.Projection;

/**
 * Weights times activations: which kernel, on which grid. Every choice gives the same bits, so it
 * is made by what is fastest for so many rows. Products of the same rows run in one launch: small
 * ones fill the device together.
 */
final class Products {
  /** As {@code PRODUCTS_MAX} in {@code quantized.cuh}. */
  private static final int TOGETHER_MAX = 3;

  /** Rows up to which weights are multiplied as vectors; with more, tensor cores win. */
  private static final int VECTOR_ROWS_MAX = 2;

  /** The same for slots, which seldom share an expert where there are few. */
  private static final int VECTOR_SLOTS_MAX = 8;

  private static final int VECTOR_THREADS = 128;
  private static final int GROUP_ROWS = 16;
  private static final int THREADS = 256;
  private static final int NARROW_TOKENS = 8;
  private static final int WIDE_TOKENS = 32;

  private final Launcher launcher;
  private final Twins twins;
  private final Foresight foresight;
  private final WideProducts wide;

  /**
   * Tokens that choose among matrices.
   *
   * @param chosen the expert of each slot
   * @param first where each expert's slots begin in {@code slots}
   * @param slots by expert
   * @param experts how many there are
   * @param share slots that read one input row
   */
  record Choice(long chosen, long first, long slots, int experts, int share) {}

  /**
   * What activations are multiplied with, and where that goes.
   *
   * @param weights of experts the first, as an example
   * @param experts where a table of their addresses is; 0 for a plain product
   */
  record Target(Matrix weights, long experts, @Nullable Buffer bias, Buffer out) {}

  Products(Launcher launcher, Twins twins, Foresight foresight) {
    this.launcher = launcher;
    this.twins = twins;
    this.foresight = foresight;
    this.wide = new WideProducts(launcher);
  }

  /** {@code out = weights * in}, for rows of {@code in} one after the other. */
  void project(Buffer in, int rows, Projection... projections) {
    int from = 0;
    while (from < projections.length) {
      int to = from + 1;
      while (to < projections.length && accumulateAlike(projections[from], projections[to])) {
        to++;
      }
      List<Target> targets =
          Arrays.stream(projections, from, to)
              .map(one -> new Target(one.weights(), 0, one.bias(), one.out()))
              .toList();
      runAll(new Product(in, rows, targets, projections[from].accumulate(), null));
      from = to;
    }
  }

  private static boolean accumulateAlike(Projection a, Projection b) {
    return a.accumulate() == b.accumulate();
  }

  /** The same for slots, each with the matrix of the expert it chose. */
  void choose(Buffer in, int slots, List<Target> targets, Choice choice) {
    runAll(new Product(in, slots, targets, false, choice));
  }

  /** Neighbours that are stored alike together, as many as a launch takes. */
  private void runAll(Product product) {
    List<Target> together = new ArrayList<>();
    for (Target target : product.targets) {
      boolean joins =
          together.isEmpty()
              || (together.size() < TOGETHER_MAX && storedAlike(together.getFirst(), target));
      if (!joins) {
        run(product.of(together));
        together = new ArrayList<>();
      }
      together.add(target);
    }
    run(product.of(together));
  }

  private static boolean storedAlike(Target a, Target b) {
    return a.weights().type() == b.weights().type()
        && a.weights().columns() == b.weights().columns();
  }

  private void run(Product product) {
    boolean vectors =
        product.choice == null ? product.rows <= VECTOR_ROWS_MAX : product.rows <= VECTOR_SLOTS_MAX;
    if (!Storage.isQuantized(product.type())) {
      floats(product);
    } else if (vectors) {
      vectors(product);
    } else {
      tiles(product);
    }
    if (product.choice == null) {
      foresight.read(product.targets.getFirst().weights());
    }
    product.targets.forEach(target -> twins.stale(target.out()));
  }

  private void vectors(Product product) {
    Twins.Twin twin = twinOf(product);
    int blocks = put(launcher.arguments(), product.targets, GROUP_ROWS);
    Choice choice = product.choice;
    quantized(twin, launcher.current().put(choice == null ? 0L : choice.chosen()), product);
    int together = choice == null ? product.rows : 1;
    int slots = choice == null ? 1 : product.rows;
    launcher.run(
        "matvec_" + Storage.name(product.type()) + "_" + together,
        new Grid(blocks, slots, 1, VECTOR_THREADS));
  }

  private void tiles(Product product) {
    Twins.Twin twin = twinOf(product);
    GgmlType type = product.type();
    String name = Storage.name(type);
    if (wide.isBest(type, product.outputs(), product.rows, product.experts())) {
      int blocks = put(launcher.arguments(), product.targets, WideProducts.tileRows(type));
      quantized(twin, lists(product), product);
      launcher.run(
          "wide_matmul_" + name,
          product.grid(blocks, WideProducts.TILE_TOKENS, WideProducts.threads(type)));
      return;
    }
    int tokens = tileTokens(product);
    int tileRows = tokens == WIDE_TOKENS ? 4 * GROUP_ROWS : 2 * GROUP_ROWS;
    int blocks = put(launcher.arguments(), product.targets, tileRows);
    quantized(twin, lists(product), product);
    launcher.run("matmul_" + name + "_" + tokens, product.grid(blocks, tokens, THREADS));
  }

  /** Of experts, what one is likely to get of the slots. */
  private static int tileTokens(Product product) {
    int usual =
        product.choice == null
            ? product.rows
            : Math.min(product.rows, 2 * Math.ceilDiv(product.rows, product.experts()));
    return usual <= NARROW_TOKENS ? NARROW_TOKENS : usual <= 16 ? 16 : WIDE_TOKENS;
  }

  /** Before the product's own arguments are begun, because a twin may have to be made first. */
  private Twins.Twin twinOf(Product product) {
    return twins.of(product.in, product.inputs() * product.columns());
  }

  /** What the kernels of quantized weights take after where the slots are. */
  private static void quantized(Twins.Twin twin, Arguments arguments, Product product) {
    arguments
        .put(twin.quanta)
        .put(twin.scales)
        .put(product.columns() / Storage.BLOCK)
        .put(product.rows)
        .put(product.share())
        .put(product.accumulate);
  }

  private void floats(Product product) {
    boolean narrow = product.rows <= NARROW_TOKENS;
    int blocks = put(launcher.arguments(), product.targets, narrow ? GROUP_ROWS : 2 * GROUP_ROWS);
    lists(product)
        .put(product.in.address())
        .put(product.columns())
        .put(Storage.stride(product.columns()))
        .put(product.rows)
        .put(product.share())
        .put(product.accumulate);
    launcher.run(
        "matmul_" + Storage.name(product.type()) + (narrow ? "_narrow" : "_wide"),
        product.grid(blocks, narrow ? NARROW_TOKENS : WIDE_TOKENS, THREADS));
  }

  /** Puts what a launch computes, as {@code struct Products} has it; the blocks of threads. */
  static int put(Arguments arguments, List<Target> targets, int tileRows) {
    int blocks = 0;
    for (int i = 0; i < TOGETHER_MAX; i++) {
      boolean there = i < targets.size();
      Target target = targets.get(there ? i : 0);
      arguments
          .put(target.experts() == 0 ? target.weights().address() : 0L)
          .put(target.experts())
          .put(target.bias() == null ? 0L : target.bias().address())
          .put(target.out().address())
          .put(target.weights().rows())
          .put(there ? blocks : Integer.MAX_VALUE);
      blocks += there ? Math.ceilDiv(target.weights().rows(), tileRows) : 0;
    }
    return blocks;
  }

  private Arguments lists(Product product) {
    Choice choice = product.choice;
    return launcher
        .current()
        .put(choice == null ? 0L : choice.first())
        .put(choice == null ? 0L : choice.slots());
  }

  /** Products of the same rows; with a choice, {@code rows} are slots that share inputs. */
  private record Product(
      Buffer in, int rows, List<Target> targets, boolean accumulate, @Nullable Choice choice) {

    Product of(List<Target> some) {
      return new Product(in, rows, some, accumulate, choice);
    }

    GgmlType type() {
      return targets.getFirst().weights().type();
    }

    int columns() {
      return targets.getFirst().weights().columns();
    }

    List<Integer> outputs() {
      return targets.stream().map(target -> target.weights().rows()).toList();
    }

    int share() {
      return choice == null ? 1 : choice.share();
    }

    int experts() {
      return choice == null ? 1 : choice.experts();
    }

    long inputs() {
      return rows / share();
    }

    /** All slots might choose one expert: tiles that find no slot of theirs end at once. */
    Grid grid(int blocks, int tileTokens, int threads) {
      return new Grid(blocks, Math.ceilDiv(rows, tileTokens), experts(), threads);
    }
  }
}

package org.millrace.gpu.device;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.millrace.gpu.driver.CudaContext.Grid;
import org.millrace.inference.tensor.Buffer;
import org.millrace.inference.tensor.ExpertWeights;
import org.millrace.inference.tensor.Matrix;

/** Layers of experts: route, list the slots by expert, multiply, and put together. */
final class ExpertLayer {
  private static final int EXPERTS_MAX = 1024;

  /** As {@code LIST_THREADS} in {@code experts.cuh}. */
  private static final int LIST_THREADS = 256;

  private final Launcher launcher;
  private final DeviceMemory memory;
  private final Products products;
  private final int rowsMax;
  private final Map<List<Matrix>, Long> addresses = new IdentityHashMap<>();
  private final Map<Sizes, Space> spaces = new HashMap<>();

  private record Sizes(int experts, int used, int model, int hidden) {
    static Sizes of(ExpertWeights weights) {
      Matrix gate = weights.gate().getFirst();
      return new Sizes(weights.count(), weights.used(), gate.columns(), gate.rows());
    }
  }

  /** Memory for one step's slots; layers of one size share it. */
  private record Space(
      long chosen, Buffer shares, long first, long slots, Buffer gate, Buffer up, Buffer results) {}

  /** Multiplies the gate by the activation, as the device does it elsewhere. */
  interface Activate {
    void silu(Buffer gate, Buffer up, long count);
  }

  ExpertLayer(Launcher launcher, DeviceMemory memory, Products products, int rowsMax) {
    this.launcher = launcher;
    this.memory = memory;
    this.products = products;
    this.rowsMax = rowsMax;
  }

  void run(Buffer logits, Buffer in, int rows, ExpertWeights weights, Buffer x, Activate activate) {
    Sizes sizes = Sizes.of(weights);
    Space space = spaces.computeIfAbsent(sizes, this::space);
    int slots = rows * sizes.used();
    route(logits, rows, weights, space);
    products.choose(
        in,
        slots,
        List.of(target(weights.gate(), space.gate()), target(weights.up(), space.up())),
        choice(space, sizes, sizes.used()));
    activate.silu(space.gate(), space.up(), (long) slots * sizes.hidden());
    products.choose(
        space.gate(),
        slots,
        List.of(target(weights.down(), space.results())),
        choice(space, sizes, 1));
    long count = (long) rows * sizes.model();
    launcher
        .arguments()
        .put(space.results().address())
        .put(space.shares().address())
        .put(x.address())
        .put(count)
        .put(sizes.model())
        .put(sizes.used());
    launcher.run("mix_experts", Grid.over(count, 256));
  }

  private void route(Buffer logits, int rows, ExpertWeights weights, Space space) {
    int threads = Math.ceilDiv(weights.count(), 32) * 32;
    launcher
        .arguments()
        .put(logits.address())
        .put(space.chosen())
        .put(space.shares().address())
        .put(weights.count())
        .put(weights.used())
        .put(weights.scaled());
    launcher.run("route", Grid.of(rows, threads));
    launcher
        .arguments()
        .put(space.chosen())
        .put(space.first())
        .put(space.slots())
        .put(rows * weights.used())
        .put(weights.count());
    launcher.run("list_slots", Grid.of(weights.count(), LIST_THREADS));
  }

  private Products.Target target(List<Matrix> matrices, Buffer out) {
    long addresses = this.addresses.computeIfAbsent(matrices, this::upload);
    return new Products.Target(matrices.getFirst(), addresses, null, out);
  }

  private static Products.Choice choice(Space space, Sizes sizes, int share) {
    return new Products.Choice(
        space.chosen(), space.first(), space.slots(), sizes.experts(), share);
  }

  private long upload(List<Matrix> matrices) {
    long address = memory.take(8L * matrices.size(), "experts");
    try (var arena = Arena.ofConfined()) {
      MemorySegment table = arena.allocate(ValueLayout.JAVA_LONG, matrices.size());
      for (int i = 0; i < matrices.size(); i++) {
        Matrix matrix = matrices.get(i);
        if (matrix.type() != matrices.getFirst().type()) {
          throw new IllegalArgumentException(
              "experts stored as %s and %s in one layer are not supported"
                  .formatted(matrices.getFirst().type(), matrix.type()));
        }
        table.setAtIndex(ValueLayout.JAVA_LONG, i, matrix.address());
      }
      launcher.context().upload(table, address, table.byteSize());
      launcher.context().synchronize();
    }
    return address;
  }

  private Space space(Sizes sizes) {
    if (sizes.experts() > EXPERTS_MAX) {
      throw new IllegalArgumentException(
          "%d experts; the limit is %d".formatted(sizes.experts(), EXPERTS_MAX));
    }
    long slots = (long) rowsMax * sizes.used();
    return new Space(
        memory.take(4 * slots, "experts"),
        buffer(slots),
        memory.take(4L * (sizes.experts() + 1), "experts"),
        memory.take(4 * slots, "experts"),
        buffer(slots * sizes.hidden()),
        buffer(slots * sizes.hidden()),
        buffer(slots * sizes.model()));
  }

  private Buffer buffer(long floats) {
    return new Buffer(memory.take(4 * floats, "experts"), floats);
  }
}

package org.millrace.gpu.device;

import org.jspecify.annotations.Nullable;
import org.millrace.gpu.driver.Arguments;
import org.millrace.gpu.driver.CudaContext.Grid;
import org.millrace.inference.cache.KvLayout;
import org.millrace.inference.tensor.Buffer;

/** Turns queries and keys, and brings keys and values into the cache: all of it in one kernel. */
final class Placer {
  private static final int THREADS = 256;

  /** With so few rows several blocks of threads share one. */
  private static final int SHARED_ROWS_MAX = 16;

  private static final int SHARES = 8;

  private final Launcher launcher;
  private final KvLayout layout;
  private final long cache;
  private final Foresight foresight;

  /**
   * What is to be placed; what is null is not there.
   *
   * @param heads of queries
   */
  record Heads(
      @Nullable Buffer queries,
      int heads,
      int headDim,
      @Nullable Buffer keys,
      @Nullable Buffer values,
      @Nullable Angles angles) {}

  Placer(Launcher launcher, KvLayout layout, long cache, Foresight foresight) {
    this.launcher = launcher;
    this.layout = layout;
    this.cache = cache;
    this.foresight = foresight;
  }

  void place(Heads what, int rows, int layer, StepTables tables) {
    if (what.angles() != null) {
      what.angles().compute(rows, tables);
    }
    Foresight.Ahead ahead = foresight.next();
    int shares = rows <= SHARED_ROWS_MAX ? SHARES : 1;
    Arguments arguments =
        tables
            .put(launcher.arguments())
            .put(cache)
            .put(layout.blockBytes())
            .put(layout.offset(layer, 0))
            .put(layout.headBytes())
            .put(address(what.queries()))
            .put(address(what.keys()))
            .put(address(what.values()));
    Angles.put(what.angles(), arguments);
    arguments
        .put(what.queries() == null ? 0 : what.heads())
        .put(what.keys() == null ? 0 : layout.heads())
        .put(what.headDim());
    Angles.putStyle(what.angles(), arguments);
    ahead.put(arguments.put(layout.elementBytes()).put(rows));
    launcher.run(
        layout.elementBytes() == 1 ? "place_quanta" : "place",
        new Grid(rows + Math.ceilDiv(ahead.blocks(), shares), shares, 1, THREADS));
  }

  private static long address(@Nullable Buffer buffer) {
    return buffer == null ? 0 : buffer.address();
  }
}

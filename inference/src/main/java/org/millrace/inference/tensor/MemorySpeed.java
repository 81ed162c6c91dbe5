package org.millrace.inference.tensor;

import java.lang.foreign.Arena;
import java.util.concurrent.atomic.AtomicLong;
import org.millrace.inference.api.EngineOptions;
import org.millrace.inference.threads.Team;

/**
 * How fast this machine reads memory with so many threads: the floor under every token's time,
 * because each token reads all weights.
 */
public final class MemorySpeed {
  private static final long BYTES = 1L << 30;
  private static final long CHUNK_BYTES = 1L << 20;
  private static final int PASSES = 6;

  private MemorySpeed() {}

  /**
   * Bytes per second of the fastest of a few passes over a gigabyte, which is more than caches
   * hold.
   */
  public static double measure(int threads) {
    Kernels kernels = KernelChoice.of(EngineOptions.Kernels.AUTO).kernels();
    var sum = new AtomicLong();
    try (var arena = Arena.ofShared();
        var team = new Team(threads)) {
      long memory = arena.allocate(BYTES, 64).fill((byte) 1).address();
      double best = 0;
      for (int pass = 0; pass < PASSES; pass++) {
        long start = System.nanoTime();
        team.run(
            (int) (BYTES / CHUNK_BYTES),
            (chunk, member) ->
                sum.addAndGet(kernels.read(memory + chunk * CHUNK_BYTES, CHUNK_BYTES)));
        best = Math.max(best, BYTES * 1e9 / (System.nanoTime() - start));
      }
      return best;
    }
  }
}

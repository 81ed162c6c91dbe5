package org.millrace.serving.simulation;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SimulatorTest {
  /**
   * Seeds a run; set {@code -Dsimulator.seeds=20000} to look further, {@code -Dsimulator.seed=N} to
   * replay one.
   */
  private static final int SEEDS = Integer.getInteger("simulator.seeds", 60);

  private static final int ACTIONS = 1_000;

  @TempDir Path dataDir;

  @Test
  void theInvariantsHoldThroughCancelsFailuresLostDevicesOutagesAndCrashes() {
    Long only = Long.getLong("simulator.seed");
    long first = only == null ? 1 : only;
    long last = only == null ? SEEDS : only;
    int finished = 0;
    int refused = 0;
    int crashes = 0;
    long preemptions = 0;
    long adopted = 0;
    int lost = 0;
    for (long seed = first; seed <= last; seed++) {
      var simulator = new Simulator(seed, dataDir.resolve("seed-" + seed));
      try {
        simulator.run(ACTIONS);
      } catch (AssertionError | RuntimeException fault) {
        throw new AssertionError(
            "seed " + seed + " (replay with -Dsimulator.seed=" + seed + "): " + fault.getMessage(),
            fault);
      }
      finished += simulator.finished();
      refused += simulator.refused();
      crashes += simulator.crashes();
      preemptions += simulator.preemptions();
      adopted += simulator.adoptedTokens();
      lost += simulator.lost();
    }
    // A simulator that never gets anywhere would find nothing.
    assertTrue(
        only != null
            || finished > SEEDS
                && refused > SEEDS
                && crashes > SEEDS
                && preemptions > 0
                && adopted > SEEDS
                && lost > SEEDS,
        "finished %d, refused %d, crashes %d, gave way %d, tokens found in the cache %d, devices lost %d"
            .formatted(finished, refused, crashes, preemptions, adopted, lost));
  }
}

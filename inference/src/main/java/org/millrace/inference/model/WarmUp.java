package org.millrace.inference.model;

import java.util.concurrent.TimeUnit;
import org.millrace.inference.api.BlockTable;
import org.millrace.inference.api.EngineOptions;
import org.millrace.inference.tensor.Batch;
import org.millrace.inference.tensor.CpuDevice;

/**
 * Runs a model's first layer on made-up tokens until its kernels are compiled, so that the first
 * request meets compiled code. Touches one layer's weights only, and ends after about a second.
 */
final class WarmUp {
  private static final long NANOS_MAX = TimeUnit.MILLISECONDS.toNanos(900);
  private static final int ROUNDS_MAX = 300;

  /** A device whose kernels come compiled needs only to have taken its memory. */
  private static final int DEVICE_ROUNDS_MAX = 2;

  private static final int PROMPT_TOKENS = 13;

  private final LoadedModel loaded;
  private final Batch batch;
  private final EngineOptions options;

  WarmUp(LoadedModel loaded, Batch batch, EngineOptions options) {
    this.loaded = loaded;
    this.batch = batch;
    this.options = options;
  }

  void run() {
    int tokens =
        Math.min(
            Math.min(PROMPT_TOKENS, options.stepTokensMax()),
            Math.min(loaded.pool().blockTokens(), loaded.info().contextTokens()));
    var blocks = new BlockTable();
    if (!loaded.pool().reserve(blocks, tokens)) {
      return;
    }
    int rounds = loaded.device() instanceof CpuDevice ? ROUNDS_MAX : DEVICE_ROUNDS_MAX;
    long end = System.nanoTime() + NANOS_MAX;
    try {
      int[] sequence = new int[tokens];
      for (int round = 0; round < rounds && System.nanoTime() < end; round++) {
        step(sequence, 0, tokens, blocks);
        for (int i = 0; i < tokens && System.nanoTime() < end; i++) {
          step(sequence, i, 1, blocks);
        }
      }
    } finally {
      loaded.pool().release(blocks);
    }
  }

  private void step(int[] sequence, int from, int count, BlockTable blocks) {
    batch.clear();
    batch.add(sequence, from, count, blocks);
    loaded.transformer().run(batch, 1);
  }
}

package org.millrace.inference.model;

import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.millrace.inference.api.BlockTable;
import org.millrace.inference.api.EngineOptions;
import org.millrace.inference.api.SamplingParams;
import org.millrace.inference.api.TokenDraw;
import org.millrace.inference.tensor.Batch;
import org.millrace.inference.tensor.CpuDevice;
import org.millrace.inference.tensor.KernelChoice;
import org.millrace.inference.tensor.TensorDevice.RowDraw;

/**
 * Makes the first request as fast as those after it. On the CPU it runs a model's first layer on
 * made-up tokens until its kernels are compiled, touches no other layer's weights, and ends after a
 * second at most. On a device whose kernels come compiled it runs each kind of step once, because
 * all memory that a step needs is taken by its first.
 */
final class WarmUp {
  private static final long NANOS_MAX = TimeUnit.MILLISECONDS.toNanos(900);

  /** Of kernels in C only the Java that calls them is to be compiled. */
  private static final long NATIVE_NANOS_MAX = TimeUnit.MILLISECONDS.toNanos(150);

  private static final int ROUNDS_MAX = 300;

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
    try {
      if (loaded.parts().getFirst().device() instanceof CpuDevice) {
        compile(tokens, blocks);
      } else {
        takeMemory(tokens, blocks);
      }
    } finally {
      loaded.pool().release(blocks);
    }
  }

  private void compile(int tokens, BlockTable blocks) {
    boolean compiled = loaded.deviceInfo().kernels().equals(KernelChoice.NATIVE);
    long end = System.nanoTime() + (compiled ? NATIVE_NANOS_MAX : NANOS_MAX);
    int[] sequence = new int[tokens];
    for (int round = 0; round < ROUNDS_MAX && System.nanoTime() < end; round++) {
      step(sequence, 0, tokens, blocks, 1);
      for (int i = 0; i < tokens && System.nanoTime() < end; i++) {
        step(sequence, i, 1, blocks, 1);
      }
    }
  }

  private void takeMemory(int tokens, BlockTable blocks) {
    Transformer transformer = loaded.transformer();
    step(new int[tokens], 0, tokens, blocks, loaded.info().layers());
    int rows = transformer.logitRows();
    transformer.computeLogits(new int[rows], 0, rows);
    drawTokens(transformer, rows);
    transformer.readLogits(0, new float[loaded.info().vocabularySize()]);
    step(new int[tokens], tokens - 1, 1, blocks, loaded.info().layers());
  }

  private static void drawTokens(Transformer transformer, int rows) {
    if (transformer.drawsTokens()) {
      int[] none = new int[0];
      var draw = new TokenDraw(SamplingParams.greedy(), 0, none, none, none, null);
      transformer.draw(IntStream.range(0, rows).mapToObj(row -> new RowDraw(row, draw)).toList());
    }
  }

  private void step(int[] sequence, int from, int count, BlockTable blocks, int layers) {
    batch.clear();
    batch.add(sequence, from, count, blocks);
    loaded.transformer().run(batch, layers);
  }
}

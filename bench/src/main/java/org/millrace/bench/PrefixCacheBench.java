package org.millrace.bench;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.UUID;
import org.millrace.inference.api.BlockTable;
import org.millrace.inference.api.CpuList;
import org.millrace.inference.api.Engine;
import org.millrace.inference.api.EngineOptions;
import org.millrace.inference.api.Engines;
import org.millrace.inference.api.Sampler;
import org.millrace.inference.api.SamplingParams;
import org.millrace.inference.api.StepPlan;

/**
 * Time to the first token of a prompt that is new, and of one that its owner sent before: {@code
 * PrefixCacheBench MODEL PROMPT_TOKENS THREADS REPEAT}.
 */
public final class PrefixCacheBench {
  private static final int STEP_TOKENS_MAX = 512;
  private static final UUID OWNER = new UUID(0, 1);

  private final Engine engine;

  private PrefixCacheBench(Engine engine) {
    this.engine = engine;
  }

  public static void main(String[] args) {
    int tokens = Integer.parseInt(args[1]);
    int threads = Integer.parseInt(args[2]);
    int repeat = Integer.parseInt(args[3]);
    var options =
        new EngineOptions(
            EngineOptions.Kernels.AUTO,
            threads,
            0,
            4 * (tokens + 64),
            STEP_TOKENS_MAX,
            4,
            100,
            EngineOptions.KvType.AUTO,
            EngineOptions.DEVICE,
            EngineOptions.DEVICE_MEMORY_PERCENT,
            CpuList.NONE);
    try (Engine engine = Engines.load(Path.of(args[0]), options)) {
      var bench = new PrefixCacheBench(engine);
      int[] prompt =
          new SplittableRandom(1).ints(tokens, 0, engine.model().vocabularySize()).toArray();
      double cold = bench.firstTokenMillis(prompt);
      double[] warm = new double[repeat];
      for (int i = 0; i < repeat; i++) {
        warm[i] = bench.firstTokenMillis(prompt);
      }
      Arrays.sort(warm);
      double median = warm[repeat / 2];
      System.out.printf(
          "%s, %d tokens, kernels %s, %d threads%n",
          engine.model().name(), tokens, engine.device().kernels(), threads);
      System.out.printf(
          "cold %.1f ms; warm median %.1f ms (%.1f to %.1f, %d runs); %.1f times as fast%n",
          cold, median, warm[0], warm[repeat - 1], repeat, cold / median);
    }
  }

  private double firstTokenMillis(int[] prompt) {
    Sampler sampler = engine.sampler(SamplingParams.greedy(), prompt);
    var table = new BlockTable();
    long start = System.nanoTime();
    int found = engine.blocks().adopt(table, OWNER, prompt, prompt.length);
    int computed = Math.min(found, prompt.length - 1);
    if (!engine.blocks().reserve(table, computed, prompt.length)) {
      throw new IllegalStateException("the cache has no room for the prompt");
    }
    while (computed < prompt.length) {
      int count = Math.min(STEP_TOKENS_MAX, prompt.length - computed);
      boolean last = computed + count == prompt.length;
      var slice = new StepPlan.Slice(prompt, computed, count, table, last ? sampler : null);
      engine.run(new StepPlan(List.of(slice)));
      computed += count;
      engine.blocks().publish(table, OWNER, prompt, computed);
    }
    double millis = (System.nanoTime() - start) / 1e6;
    engine.blocks().release(table);
    return millis;
  }
}

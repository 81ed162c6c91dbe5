package org.millrace.inference.model;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.inference.api.BlockTable;
import org.millrace.inference.api.Engine;
import org.millrace.inference.api.EngineOptions;
import org.millrace.inference.api.Engines;
import org.millrace.inference.api.LoadProgress;
import org.millrace.inference.api.SamplingParams;
import org.millrace.inference.api.StepPlan;
import org.millrace.inference.gguf.GgmlType;
import org.millrace.inference.tensor.Batch;
import org.millrace.inference.tensor.KernelChoice;

/**
 * What a decode step with native kernels leaves to the garbage collector, once it is compiled:
 * bytes that the calling thread and the engine's own threads take of the heap while the same step
 * is run over and over.
 */
class StepAllocationTest {
  private static final int STEPS = 400;

  /** As long as code is not compiled yet, running it allocates. */
  private static final int ROUNDS_MAX = 100;

  private static final int TOKENS = 70;

  private static final int[] FIRST_ROW = {0};

  @TempDir Path folder;

  private final BlockTable table = new BlockTable();
  private final int[] tokens =
      new SplittableRandom(1).ints(TOKENS, 3, TinyModel.VOCABULARY).toArray();

  private Path file() {
    return new TinyModel("llama").type(GgmlType.Q4_0).write(folder.resolve("tiny.gguf"));
  }

  private static EngineOptions options() {
    return new EngineOptions(EngineOptions.Kernels.AUTO, 2, 0, 256, 128, 4);
  }

  private static void assumeNative(String kernels) {
    assumeTrue(kernels.equals(KernelChoice.NATIVE), "skipped: the kernels are " + kernels);
  }

  @Test
  void aForwardPassAllocatesNothingForALayerOrAMatrix() {
    try (LoadedModel loaded = ModelLoader.load(file(), options(), LoadProgress.UNWATCHED)) {
      assumeNative(loaded.deviceInfo().kernels());
      assertTrue(loaded.pool().reserve(table, TOKENS));
      var batch = new Batch(128, 4);
      forward(loaded, batch, 0, TOKENS);
      // A few objects of the step's own; a layer has fifteen operations and seven matrices.
      assertAtMost(256, () -> forward(loaded, batch, TOKENS - 1, 1));
    }
  }

  private void forward(LoadedModel loaded, Batch batch, int from, int count) {
    batch.clear();
    batch.add(tokens, from, count, table);
    loaded.transformer().run(batch);
    loaded.transformer().computeLogits(FIRST_ROW, 0, 1);
  }

  @Test
  void aStepAllocatesNoMoreThanItsResultAndWhatDrawingItTakes() {
    try (Engine engine = Engines.load(file(), options())) {
      assumeNative(engine.device().kernels());
      assertTrue(engine.blocks().reserve(table, TOKENS));
      engine.run(new StepPlan(List.of(new StepPlan.Slice(tokens, 0, TOKENS - 1, table, null))));
      var sampler = engine.sampler(SamplingParams.greedy(), tokens);
      var last = new StepPlan.Slice(tokens, TOKENS - 1, 1, table, sampler);
      var plan = new StepPlan(List.of(last));
      assertAtMost(1024, () -> engine.run(plan));
    }
  }

  private static void assertAtMost(long bytes, Runnable step) {
    var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long[] ids = engineThreads();
    long least = Long.MAX_VALUE;
    for (int round = 0; round < ROUNDS_MAX && least > bytes; round++) {
      long before = LongStream.of(threads.getThreadAllocatedBytes(ids)).sum();
      for (int i = 0; i < STEPS; i++) {
        step.run();
      }
      long after = LongStream.of(threads.getThreadAllocatedBytes(ids)).sum();
      least = Math.min(least, (after - before) / STEPS);
    }
    assertTrue(least <= bytes, least + " bytes are allocated in a step");
  }

  private static long[] engineThreads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(one -> one == Thread.currentThread() || one.getName().startsWith("millrace-engine"))
        .mapToLong(Thread::threadId)
        .toArray();
  }
}

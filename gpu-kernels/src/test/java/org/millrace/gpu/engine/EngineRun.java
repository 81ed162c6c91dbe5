package org.millrace.gpu.engine;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.millrace.inference.api.BlockTable;
import org.millrace.inference.api.Engine;
import org.millrace.inference.api.EngineOptions;
import org.millrace.inference.api.Engines;
import org.millrace.inference.api.SampledToken;
import org.millrace.inference.api.Sampler;
import org.millrace.inference.api.SamplingParams;
import org.millrace.inference.api.StepPlan;
import org.millrace.inference.api.StepPlan.Slice;

/** What tests do with an engine on a device. */
final class EngineRun {
  private EngineRun() {}

  static Engine load(Path file, String device) {
    return Engines.load(
        file, new EngineOptions(EngineOptions.Kernels.AUTO, 2, 0, 2048, 256, 4).on(device));
  }

  /** Keeps the logits it is shown. */
  static final class Captured implements Sampler {
    private float[] last = new float[0];

    @Override
    public SampledToken sample(float[] logits) {
      last = logits.clone();
      return new SampledToken(0, Float.NaN, List.of());
    }

    float[] last() {
      return last;
    }
  }

  static BlockTable reserve(Engine engine, int tokens) {
    var table = new BlockTable();
    assertTrue(engine.blocks().reserve(table, 0, tokens));
    return table;
  }

  /** The last position's logits, computed in steps of at most {@code chunk} tokens. */
  static float[] logits(Engine engine, int[] sequence, int chunk) {
    BlockTable table = reserve(engine, sequence.length);
    var captured = new Captured();
    for (int from = 0; from < sequence.length; from += chunk) {
      int count = Math.min(chunk, sequence.length - from);
      boolean last = from + count == sequence.length;
      engine.run(
          new StepPlan(List.of(new Slice(sequence, from, count, table, last ? captured : null))));
    }
    engine.blocks().release(table);
    return captured.last();
  }

  /** The most likely tokens after a prompt, one after the other. */
  static int[] greedy(Engine engine, int[] prompt, int count) {
    int[] sequence = Arrays.copyOf(prompt, prompt.length + count);
    BlockTable table = reserve(engine, sequence.length);
    Sampler sampler = engine.sampler(SamplingParams.greedy(), new int[0]);
    int from = 0;
    for (int i = 0; i < count; i++) {
      int known = prompt.length + i;
      var slice = new Slice(sequence, from, known - from, table, sampler);
      var sampled = engine.run(new StepPlan(List.of(slice))).sampled().getFirst();
      sequence[known] = Objects.requireNonNull(sampled).token();
      from = known;
    }
    engine.blocks().release(table);
    return Arrays.copyOfRange(sequence, prompt.length, sequence.length);
  }
}

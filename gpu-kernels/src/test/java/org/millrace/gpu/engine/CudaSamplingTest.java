package org.millrace.gpu.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.gpu.emulation.TestDevice;
import org.millrace.inference.api.BlockTable;
import org.millrace.inference.api.DrawnToken;
import org.millrace.inference.api.Engine;
import org.millrace.inference.api.ModelFiles;
import org.millrace.inference.api.OutputFormat;
import org.millrace.inference.api.SampledToken;
import org.millrace.inference.api.Sampler;
import org.millrace.inference.api.SamplingParams;
import org.millrace.inference.api.StepPlan;
import org.millrace.inference.api.StepPlan.Slice;
import org.millrace.inference.api.TokenDraw;

/** An engine whose device draws tokens gives those that it gives when its host draws them. */
class CudaSamplingTest {
  private static final int PROMPT = 9;
  private static final int STEPS = 8;

  @TempDir Path folder;

  private Engine engine() throws IOException {
    TestDevice.assumeThere();
    Path file = folder.resolve("tiny.gguf");
    ModelFiles.synthesize("tiny", "Q8_0", 1, file, done -> {});
    return EngineRun.load(file, TestDevice.name());
  }

  private static SamplingParams params(int seed) {
    return new SamplingParams(
        0.9f, 0, seed == 1 ? 1 : 0.8f, 0.02f, 1.1f, 0.2f, 0.1f, seed, Map.of(7, 2f), true, 0);
  }

  @Test
  void theTokensAndLogprobsAreTheHosts() throws IOException {
    try (Engine engine = engine()) {
      List<SamplingParams> all = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        all.add(params(i));
      }
      all.add(
          params(3)
              .withConstraint(engine.constraints().compile(new OutputFormat.Regex("[a-z ]{90,}"))));
      assertEquals(run(engine, all, false, List.of()), run(engine, all, true, List.of()));
    }
  }

  @Test
  void guessesChangeNothingThoughOneIsLookedAtOnlyAfterTheOneBefore() throws IOException {
    try (Engine engine = engine()) {
      List<SamplingParams> all = List.of(params(1), params(2));
      List<List<SampledToken>> plain = run(engine, all, true, List.of());
      assertEquals(plain, run(engine, all, true, plain));
      assertEquals(plain, run(engine, all, false, plain));
    }
  }

  /**
   * Tokens of some sequences.
   *
   * @param expected what is guessed, right up to a place that differs from step to step; empty for
   *     no guesses
   */
  private static List<List<SampledToken>> run(
      Engine engine,
      List<SamplingParams> params,
      boolean device,
      List<List<SampledToken>> expected) {
    List<Run> runs = new ArrayList<>();
    for (int i = 0; i < params.size(); i++) {
      runs.add(new Run(engine, i, params.get(i), device));
    }
    for (int step = 0; runs.stream().anyMatch(run -> run.drawn.size() < STEPS); step++) {
      List<Slice> slices = new ArrayList<>();
      for (int i = 0; i < runs.size(); i++) {
        slices.add(runs.get(i).slice(expected.isEmpty() ? List.of() : expected.get(i), step));
      }
      var result = engine.run(new StepPlan(slices));
      assertTrue(result.failures().isEmpty(), result.failures().toString());
      for (int i = 0; i < runs.size(); i++) {
        runs.get(i).take(result.drawn().get(i));
      }
    }
    List<List<SampledToken>> drawn = new ArrayList<>();
    for (Run run : runs) {
      assertEquals(device, run.sampler.onDevice > 0);
      engine.blocks().release(run.table);
      drawn.add(List.copyOf(run.drawn.subList(0, STEPS)));
    }
    return drawn;
  }

  /** One sequence on its way. */
  private static final class Run {
    private final int[] sequence;
    private final BlockTable table;
    private final Switched sampler;
    private final List<SampledToken> drawn = new ArrayList<>();
    private int computed;

    Run(Engine engine, int seed, SamplingParams params, boolean device) {
      int[] prompt = new SplittableRandom(seed).ints(PROMPT, 0, 2000).toArray();
      this.sequence = Arrays.copyOf(prompt, PROMPT + 2 * STEPS + 8);
      this.table = EngineRun.reserve(engine, sequence.length);
      this.sampler = new Switched(engine.sampler(params, prompt), device);
    }

    Slice slice(List<SampledToken> expected, int step) {
      int known = PROMPT + drawn.size();
      int guesses = Math.clamp(expected.size() - drawn.size(), 0, 3);
      for (int i = 0; i < guesses; i++) {
        boolean right = (step + i) % 4 != 2;
        sequence[known + i] = right ? expected.get(drawn.size() + i).token() : 100;
      }
      int count = known - computed + guesses;
      return new Slice(sequence, computed, count, table, sampler, guesses);
    }

    void take(List<SampledToken> tokens) {
      computed = PROMPT + drawn.size();
      for (SampledToken token : tokens) {
        sequence[PROMPT + drawn.size()] = token.token();
        drawn.add(token);
      }
      computed += tokens.size() - 1;
    }
  }

  /** Lets the device draw, or not. */
  private static final class Switched implements Sampler {
    private final Sampler sampler;
    private final boolean device;
    private int onDevice;

    Switched(Sampler sampler, boolean device) {
      this.sampler = sampler;
      this.device = device;
    }

    @Override
    public SampledToken sample(float[] logits) {
      return sampler.sample(logits);
    }

    @Override
    public @Nullable TokenDraw prepare() {
      return device ? sampler.prepare() : null;
    }

    @Override
    public SampledToken take(DrawnToken drawn) {
      onDevice++;
      return sampler.take(drawn);
    }
  }
}

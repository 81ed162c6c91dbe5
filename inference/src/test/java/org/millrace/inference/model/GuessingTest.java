package org.millrace.inference.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.millrace.inference.api.BlockTable;
import org.millrace.inference.api.Engine;
import org.millrace.inference.api.EngineOptions;
import org.millrace.inference.api.EngineOptions.Kernels;
import org.millrace.inference.api.Engines;
import org.millrace.inference.api.PromptLookup;
import org.millrace.inference.api.SampledToken;
import org.millrace.inference.api.Sampler;
import org.millrace.inference.api.SamplingParams;
import org.millrace.inference.api.StepPlan;
import org.millrace.inference.api.StepPlan.Slice;
import org.millrace.inference.gguf.GgmlType;

/** Guesses cost or save time; what is drawn never depends on them. */
class GuessingTest {
  private static final int LENGTH = 90;

  @TempDir Path folder;

  /** Writes guesses behind the known tokens and says how many. */
  private interface Guesser {
    int guess(int[] tokens, int known, int limit);

    default void outcome(int guessed, int right) {}
  }

  private static final class CountingSampler implements Sampler {
    private final Sampler sampler;
    private int draws;

    CountingSampler(Sampler sampler) {
      this.sampler = sampler;
    }

    @Override
    public SampledToken sample(float[] logits) {
      draws++;
      return sampler.sample(logits);
    }
  }

  private Engine load(Kernels kernels, int sequencesMax) {
    Path file = new TinyModel("llama").type(GgmlType.Q8_0).write(folder.resolve("tiny.gguf"));
    return Engines.load(file, new EngineOptions(kernels, 2, 0, 1024, 128, sequencesMax));
  }

  private static SamplingParams params(long seed, float temperature) {
    return new SamplingParams(temperature, 0, 0.95f, 0, 1.1f, 0.2f, 0.1f, seed, Map.of(), true, 2);
  }

  private static int[] prompt(long seed) {
    // A short text said again and again, so that looking back finds something.
    int[] piece = new SplittableRandom(seed).ints(7, 3, TinyModel.VOCABULARY).toArray();
    int[] prompt = new int[20];
    Arrays.setAll(prompt, i -> piece[i % piece.length]);
    return prompt;
  }

  private static int[] generate(
      Engine engine, int[] prompt, SamplingParams params, Guesser guesser) {
    int[] tokens = Arrays.copyOf(prompt, LENGTH);
    var table = new BlockTable();
    assertTrue(engine.blocks().reserve(table, LENGTH));
    var sampler = new CountingSampler(engine.sampler(params, prompt));
    int known = prompt.length;
    int computed = 0;
    while (known < LENGTH) {
      int guesses = guesser.guess(tokens, known, LENGTH - known - 1);
      var slice = new Slice(tokens, computed, known - computed + guesses, table, sampler, guesses);
      List<SampledToken> drawn = engine.run(new StepPlan(List.of(slice))).drawn().getFirst();
      guesser.outcome(guesses, drawn.size() - 1);
      computed = known + drawn.size() - 1;
      for (SampledToken token : drawn) {
        tokens[known++] = token.token();
      }
    }
    assertEquals(LENGTH - prompt.length, sampler.draws, "one draw for each token");
    engine.blocks().release(table);
    return tokens;
  }

  @ParameterizedTest
  @EnumSource(names = {"AUTO", "SCALAR", "VECTOR"})
  void theTokensAreTheSameWithAnyGuess(Kernels kernels) {
    try (Engine engine = load(kernels, 1)) {
      for (long seed = 0; seed < 12; seed++) {
        SamplingParams params = params(seed, seed % 3 == 0 ? 0 : 0.8f);
        int[] prompt = prompt(seed);
        int[] plain = generate(engine, prompt, params, (_, _, _) -> 0);
        var random = new SplittableRandom(seed);
        Guesser wrong =
            (tokens, known, limit) -> {
              int count = Math.min(limit, random.nextInt(20));
              for (int i = 0; i < count; i++) {
                tokens[known + i] = random.nextInt(TinyModel.VOCABULARY);
              }
              return count;
            };
        Guesser right =
            (tokens, known, limit) -> {
              int count = Math.min(limit, 20);
              System.arraycopy(plain, known, tokens, known, count);
              return count;
            };
        assertArrayEquals(plain, generate(engine, prompt, params, wrong), "seed " + seed);
        assertArrayEquals(plain, generate(engine, prompt, params, right), "seed " + seed);
        assertArrayEquals(
            plain, generate(engine, prompt, params, lookup(engine, 5)), "seed " + seed);
      }
    }
  }

  private static Guesser lookup(Engine engine, int most) {
    var lookup = new PromptLookup(most, engine.tokenizer());
    return new Guesser() {
      @Override
      public int guess(int[] tokens, int known, int limit) {
        return lookup.guess(tokens, known, limit);
      }

      @Override
      public void outcome(int guessed, int right) {
        lookup.outcome(guessed, right);
      }
    };
  }

  @Test
  void aFailureAfterARightGuessKeepsWhatWasDrawnBeforeIt() {
    try (Engine engine = load(Kernels.VECTOR, 2)) {
      int[] tokens = {5, 6, 7, 8};
      var table = new BlockTable();
      assertTrue(engine.blocks().reserve(table, 4));
      Sampler onlyOnce =
          new Sampler() {
            private int draws;

            @Override
            public SampledToken sample(float[] logits) {
              if (draws++ > 0) {
                throw new IllegalStateException("no second token");
              }
              return new SampledToken(7, Float.NaN, List.of());
            }
          };
      var result = engine.run(new StepPlan(List.of(new Slice(tokens, 0, 4, table, onlyOnce, 2))));
      assertEquals(1, result.drawn().getFirst().size());
      var failure = Objects.requireNonNull(result.failures().get(0));
      assertEquals("no second token", failure.getMessage());
    }
  }
}

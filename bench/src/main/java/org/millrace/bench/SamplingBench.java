package org.millrace.bench;

import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.millrace.inference.api.SampledToken;
import org.millrace.inference.api.Sampler;
import org.millrace.inference.api.SamplingParams;
import org.millrace.inference.sampling.SeededSampler;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** Drawing one token from a vocabulary of Llama 3's size. */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
public class SamplingBench {
  private static final int VOCABULARY = 128_256;

  /** Ways to draw. */
  public enum Way {
    GREEDY,
    NUCLEUS,
    TOP_K
  }

  @Param public Way way = Way.GREEDY;

  private final float[] logits = new float[VOCABULARY];
  private final float[] work = new float[VOCABULARY];
  private Sampler sampler = new SeededSampler(SamplingParams.greedy(), VOCABULARY, new int[0]);

  @Setup(Level.Trial)
  public void fill() {
    var random = new SplittableRandom(3);
    for (int i = 0; i < VOCABULARY; i++) {
      logits[i] = (float) (3 * random.nextGaussian());
    }
    SamplingParams params =
        switch (way) {
          case GREEDY -> SamplingParams.greedy();
          case NUCLEUS -> drawing(0, 0.95f);
          case TOP_K -> drawing(40, 1f);
        };
    sampler = new SeededSampler(params, VOCABULARY, new int[0]);
  }

  private static SamplingParams drawing(int topK, float topP) {
    return new SamplingParams(0.8f, topK, topP, 0f, 1f, 0f, 0f, 7L, Map.of(), false, 0);
  }

  /** A sampler may change the logits, so each draw gets its own. */
  @Benchmark
  public SampledToken draw() {
    System.arraycopy(logits, 0, work, 0, VOCABULARY);
    return sampler.sample(work);
  }
}

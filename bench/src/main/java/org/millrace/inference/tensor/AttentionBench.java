package org.millrace.inference.tensor;

import java.util.concurrent.TimeUnit;
import org.millrace.inference.api.EngineOptions;
import org.millrace.inference.cache.KvLayout;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** One query against a context of cached keys and values. */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
public class AttentionBench {
  @Param({"64", "128"})
  public int headDim;

  @Param({"1024", "16384"})
  public int context;

  @Param("AUTO")
  public EngineOptions.Kernels kernels = EngineOptions.Kernels.AUTO;

  private BenchMemory memory = new BenchMemory();
  private Kernels chosen = new ScalarKernels();
  private long query;
  private long cache;
  private long scores;
  private long out;

  @Setup(Level.Trial)
  public void fill() {
    memory = new BenchMemory();
    chosen = KernelChoice.of(kernels).kernels();
    query = memory.floats(headDim);
    cache = memory.floats(2L * context * headDim);
    scores = memory.floats(KvLayout.BLOCK_TOKENS);
    out = memory.floats(headDim);
  }

  @TearDown(Level.Trial)
  public void free() {
    memory.close();
  }

  @Benchmark
  public float attend(MatmulBench.Work work) {
    float sum = 0;
    long headBytes = 4L * headDim * KvLayout.BLOCK_TOKENS;
    for (int block = 0; block < context / KvLayout.BLOCK_TOKENS; block++) {
      long keys = cache + 2 * block * headBytes;
      chosen.scores(query, keys, headDim, 0.125f, scores);
      sum += chosen.exponentials(scores, chosen.largest(scores));
      chosen.weigh(scores, 0, KvLayout.BLOCK_TOKENS, keys + headBytes, headDim, 0.5f, out);
    }
    work.bytes += 2L * context * headDim * Float.BYTES;
    work.products += 2L * context * headDim;
    return sum;
  }
}

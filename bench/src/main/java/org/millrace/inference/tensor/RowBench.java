package org.millrace.inference.tensor;

import java.util.concurrent.TimeUnit;
import org.millrace.inference.api.EngineOptions;
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

/** What is done to one token's row: norm, rotation, activation. */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
public class RowBench {
  private static final int HEAD_DIM = 64;

  @Param({"2048", "8192"})
  public int columns;

  @Param("AUTO")
  public EngineOptions.Kernels kernels = EngineOptions.Kernels.AUTO;

  private BenchMemory memory = new BenchMemory();
  private Kernels chosen = new ScalarKernels();
  private long x;
  private long weight;
  private long out;

  @Setup(Level.Trial)
  public void fill() {
    memory = new BenchMemory();
    chosen = KernelChoice.of(kernels).kernels();
    x = memory.floats(columns);
    weight = memory.floats(columns);
    out = memory.floats(columns);
  }

  @TearDown(Level.Trial)
  public void free() {
    memory.close();
  }

  @Benchmark
  public void norm(MatmulBench.Work work) {
    chosen.rmsNorm(x, weight, 1e-5f, columns, out);
    work.bytes += 12L * columns;
  }

  /** The same angles for every head; a turn keeps lengths, so the values stay what they are. */
  @Benchmark
  public void rotate(MatmulBench.Work work) {
    for (int head = 0; head < columns / HEAD_DIM; head++) {
      long at = out + 4L * head * HEAD_DIM;
      chosen.rotate(Rotation.Style.NEIGHBOURS, at, weight, weight + 4L * HEAD_DIM, HEAD_DIM);
    }
    work.bytes += 8L * columns;
  }

  @Benchmark
  public void activate(MatmulBench.Work work) {
    Memory.copyFloats(x, out, columns);
    chosen.activate(Activation.SILU, out, weight, columns);
    work.bytes += 20L * columns;
  }
}

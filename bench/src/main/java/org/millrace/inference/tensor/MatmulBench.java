package org.millrace.inference.tensor;

import java.util.concurrent.TimeUnit;
import org.millrace.inference.api.EngineOptions;
import org.millrace.inference.gguf.GgmlType;
import org.openjdk.jmh.annotations.AuxCounters;
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

/** Matrix products of every type: for one token bound by memory, for many by arithmetic. */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
public class MatmulBench {
  private static final int COLUMNS = 2048;
  private static final int MANY_TOKENS_ROWS = 1024;

  // About what the engine's members take at once.
  private static final int ROWS_PER_CHUNK = 32;
  private static final int ONE_TOKENS_ROWS_PER_CHUNK = 256;

  /** What a call reads and multiplies. */
  @AuxCounters(AuxCounters.Type.OPERATIONS)
  @State(Scope.Thread)
  public static class Work {
    public long bytes;
    public long products;
  }

  @Param({
    "F32", "F16", "BF16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q2_K", "Q3_K", "Q4_K", "Q5_K",
    "Q6_K", "IQ4_NL", "IQ4_XS"
  })
  public GgmlType type = GgmlType.F32;

  @Param({"1", "16", "512"})
  public int tokens;

  @Param("AUTO")
  public EngineOptions.Kernels kernels = EngineOptions.Kernels.AUTO;

  private final MatmulPart part = new MatmulPart();
  private BenchMemory memory = new BenchMemory();
  private Kernels chosen = new ScalarKernels();
  private long scratch;

  /** For one token, weights that no cache holds. */
  @Setup(Level.Trial)
  public void fill() {
    memory = new BenchMemory();
    chosen = KernelChoice.of(kernels).kernels();
    long rowBytes = type.bytesFor(COLUMNS);
    int rows = tokens == 1 ? (int) (MemoryFloorBench.BYTES / rowBytes) : MANY_TOKENS_ROWS;
    long weights = memory.weights(type, rows, COLUMNS);
    long in = memory.floats((long) tokens * COLUMNS);
    long out = memory.empty(4L * tokens * rows);
    part.set(new Matrix(type, rows, COLUMNS, weights), in, tokens, out);
    long prepared = tokens * chosen.preparedBytes(type, COLUMNS);
    part.prepared = prepared == 0 ? 0 : memory.empty(prepared);
    scratch = memory.empty(Kernels.MATMUL_SCRATCH_BYTES);
  }

  @TearDown(Level.Trial)
  public void free() {
    memory.close();
  }

  @Benchmark
  public void product(Work work) {
    if (part.prepared != 0) {
      chosen.prepare(part.in, part.columns, tokens, part.prepared);
    }
    int rows = tokens == 1 ? ONE_TOKENS_ROWS_PER_CHUNK : ROWS_PER_CHUNK;
    for (int row = 0; row < part.weightRows; row += rows) {
      int end = Math.min(part.weightRows, row + rows);
      chosen.matmul(part, row, end, scratch);
    }
    work.bytes += part.weightRows * part.rowBytes;
    work.products += (long) part.weightRows * part.columns * tokens;
  }
}

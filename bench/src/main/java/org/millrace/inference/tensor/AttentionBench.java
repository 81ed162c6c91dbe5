package org.millrace.inference.tensor;

import java.util.concurrent.TimeUnit;
import org.millrace.inference.api.BlockTable;
import org.millrace.inference.api.EngineOptions;
import org.millrace.inference.cache.KvLayout;
import org.millrace.inference.cache.KvPool;
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

/** One new token's attention over a context of cached keys and values, on one thread. */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
public class AttentionBench {
  private static final int HEADS = 32;
  private static final int KV_HEADS = 8;
  private static final int FILLED_AT_ONCE = 64;

  /** Bytes of a cached element. */
  @Param({"4", "2"})
  public int elementBytes;

  @Param({"64", "128"})
  public int headDim;

  @Param({"1024", "8192"})
  public int context;

  @Param("AUTO")
  public EngineOptions.Kernels kernels = EngineOptions.Kernels.AUTO;

  private final BlockTable table = new BlockTable();
  private final Batch batch = new Batch(FILLED_AT_ONCE, 1);
  private BenchMemory memory = new BenchMemory();
  private KvPool pool = new KvPool(new KvLayout(1, 1, 1, Float.BYTES), 1);
  private TensorDevice device = new CpuDevice(KernelChoice.of(kernels), 1, pool, 1);
  private AttentionShape shape = new AttentionShape(1, 1, 1, 1, 0, 0);
  private Buffer query = new Buffer(0, 0);
  private Buffer out = query;

  @Setup(Level.Trial)
  public void fill() {
    free();
    memory = new BenchMemory();
    pool = new KvPool(new KvLayout(1, KV_HEADS, headDim, elementBytes), context);
    device = new CpuDevice(KernelChoice.of(kernels), 1, pool, FILLED_AT_ONCE);
    shape = new AttentionShape(HEADS, KV_HEADS, headDim, 0.125f, 0, 0);
    query = new Buffer(memory.floats((long) HEADS * headDim), (long) HEADS * headDim);
    out = new Buffer(memory.floats((long) HEADS * headDim), (long) HEADS * headDim);
    table.clear();
    if (!pool.reserve(table, context)) {
      throw new IllegalStateException("no room for " + context + " tokens");
    }
    store();
    batch.clear();
    batch.add(new int[context], context - 1, 1, table);
  }

  private void store() {
    long floats = (long) FILLED_AT_ONCE * KV_HEADS * headDim;
    var rows = new Buffer(memory.floats(floats), floats);
    for (int from = 0; from < context; from += FILLED_AT_ONCE) {
      batch.clear();
      batch.add(new int[context], from, FILLED_AT_ONCE, table);
      device.store(rows, rows, batch, 0);
    }
  }

  @TearDown(Level.Trial)
  public void free() {
    device.close();
    pool.close();
    memory.close();
  }

  @Benchmark
  public void attend(MatmulBench.Work work) {
    device.attend(query, batch, 0, shape, out);
    work.bytes += 2L * context * KV_HEADS * headDim * elementBytes;
    work.products += 2L * context * HEADS * headDim;
  }
}

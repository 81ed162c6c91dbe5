package org.millrace.inference.tensor;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** How fast as many bytes can be read at all: what the other figures are a share of. */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
public class MemoryFloorBench {
  static final long BYTES = 256L << 20;

  private BenchMemory memory = new BenchMemory();
  private long address;

  @Setup(Level.Trial)
  public void fill() {
    memory = new BenchMemory();
    address = memory.floats(BYTES / Float.BYTES);
  }

  @TearDown(Level.Trial)
  public void free() {
    memory.close();
  }

  @Benchmark
  public long read(MatmulBench.Work work) {
    work.bytes += BYTES;
    int a = 0;
    int b = 0;
    int c = 0;
    int d = 0;
    // Four lines at a time, one word of each: the lines cost, not the words.
    for (int i = 0; i < BYTES; i += 256) {
      a += Memory.getInt(address + i);
      b += Memory.getInt(address + i + 64);
      c += Memory.getInt(address + i + 128);
      d += Memory.getInt(address + i + 192);
    }
    return (long) a + b + c + d;
  }
}

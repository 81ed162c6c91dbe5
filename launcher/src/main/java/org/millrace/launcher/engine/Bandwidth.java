package org.millrace.launcher.engine;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;

/** How fast this machine reads memory with so many threads: the floor under every token's time. */
final class Bandwidth {
  private static final long BYTES = 1L << 30;
  private static final int PASSES = 5;
  private static volatile long sink;

  private Bandwidth() {}

  /** Bytes per second of the fastest of a few passes over a gigabyte that no cache holds. */
  static double probe(int threads) {
    try (var arena = Arena.ofShared()) {
      MemorySegment memory = arena.allocate(BYTES, 64);
      double best = 0;
      for (int pass = 0; pass <= PASSES; pass++) {
        long start = System.nanoTime();
        read(memory, threads);
        double rate = BYTES * 1e9 / (System.nanoTime() - start);
        // The first pass meets memory that was never touched.
        best = pass == 0 ? 0 : Math.max(best, rate);
      }
      return best;
    }
  }

  private static void read(MemorySegment memory, int threads) {
    var readers = new ArrayList<Thread>();
    long part = memory.byteSize() / threads / 64 * 64;
    for (int i = 0; i < threads; i++) {
      MemorySegment own = memory.asSlice(i * part, part);
      readers.add(Thread.ofPlatform().start(() -> sink = sum(own)));
    }
    for (Thread reader : readers) {
      try {
        reader.join();
      } catch (InterruptedException stop) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  private static long sum(MemorySegment memory) {
    long a = 0;
    long b = 0;
    long c = 0;
    long d = 0;
    long count = memory.byteSize() / 8;
    for (long i = 0; i + 3 < count; i += 4) {
      a += memory.getAtIndex(ValueLayout.JAVA_LONG, i);
      b += memory.getAtIndex(ValueLayout.JAVA_LONG, i + 1);
      c += memory.getAtIndex(ValueLayout.JAVA_LONG, i + 2);
      d += memory.getAtIndex(ValueLayout.JAVA_LONG, i + 3);
    }
    return a + b + c + d;
  }
}

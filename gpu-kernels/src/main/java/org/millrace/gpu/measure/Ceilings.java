package org.millrace.gpu.measure;

import java.util.EnumMap;
import java.util.Map;
import org.millrace.gpu.driver.Arguments;
import org.millrace.gpu.driver.CudaContext;
import org.millrace.gpu.driver.CudaContext.Grid;
import org.millrace.gpu.measure.Work.Rate;

/**
 * What a device reaches when nothing else holds it up, measured in the same run: the bandwidth of a
 * copy, and operations a second of each of its units ({@code rates.cuh}).
 *
 * @param bytesPerSecond read and written
 */
record Ceilings(double bytesPerSecond, Map<Rate, Double> operationsPerSecond) {
  private static final int THREADS = 256;
  private static final int WARPS = THREADS / 32;
  private static final int SUMS = 8;

  /** Blocks of threads for each multiprocessor: as many as a kernel of few registers gets. */
  private static final int BLOCKS_EACH = 8;

  /**
   * @param copiedBytes for the bandwidth
   * @param rounds of each unit's kernel
   */
  static Ceilings measure(CudaContext context, Stopwatch stopwatch, long copiedBytes, int rounds) {
    Map<Rate, Double> rates = new EnumMap<>(Rate.class);
    int blocks = BLOCKS_EACH * context.processors();
    long out = context.allocate(4L * blocks * THREADS);
    try {
      for (Rate rate : Rate.values()) {
        String kernel = "rate_" + rate.name().toLowerCase(java.util.Locale.ROOT);
        if (context.has(kernel)) {
          var arguments = new Arguments().put(out).put(rounds).put(1);
          double millis =
              stopwatch.millis(() ->
                  context.launch(context.kernel(kernel), Grid.of(blocks, THREADS), arguments));
          rates.put(rate, (double) blocks * rounds * SUMS * perBlock(rate) / (millis / 1e3));
        }
      }
    } finally {
      context.free(out);
    }
    return new Ceilings(bandwidth(context, stopwatch, copiedBytes), rates);
  }

  /** Bytes a second that a copy within the device reads and writes. */
  static double bandwidth(CudaContext context, Stopwatch stopwatch, long bytes) {
    long from = context.allocate(bytes);
    long to = context.allocate(bytes);
    try {
      context.fill(from, 1, bytes);
      double millis = stopwatch.millis(() -> context.copy(from, to, bytes));
      return 2 * bytes / (millis / 1e3);
    } finally {
      context.free(from);
      context.free(to);
    }
  }

  /** Multiplications and additions of a block of threads, for each sum and round. */
  private static long perBlock(Rate rate) {
    return switch (rate) {
      case FUSED -> 2L * THREADS;
      case DOTS -> 8L * THREADS;
      case BYTES -> 2L * 16 * 8 * 32 * WARPS;
      case FLOATS -> 2L * 16 * 8 * 8 * WARPS;
      case WARPGROUPS -> 2L * 64 * 64 * 32 * WARPS / 4;
    };
  }

  /**
   * The least milliseconds in which work can be done: its bytes, its operations and what is beside
   * them run at the same time, and the slowest decides.
   */
  double floorMillis(Work work) {
    double seconds = work.bytes() / bytesPerSecond;
    seconds = Math.max(seconds, work.operations() / rate(work.rate()));
    return Math.max(seconds, work.fused() / rate(Rate.FUSED)) * 1e3;
  }

  private double rate(Rate rate) {
    return operationsPerSecond.getOrDefault(rate, Double.POSITIVE_INFINITY);
  }
}

package org.millrace.gpu.measure;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import org.millrace.gpu.driver.CudaContext;
import org.millrace.gpu.driver.NvidiaContext;
import org.millrace.gpu.measure.Work.Rate;

/**
 * For each kernel that a step runs: the bytes it must move and the operations it must do, the least
 * time that takes at the bandwidth and the rates measured in the same run, and the time it took.
 */
public final class KernelFloors {
  private final Supplier<CudaContext> devices;
  private final Sizes sizes;

  /**
   * How large what is measured is.
   *
   * @param width columns and rows of the products' weights
   * @param rows most rows of a step
   * @param tokens of the sequence that attention looks at
   * @param vocabulary that tokens are drawn from
   * @param copiedBytes for the bandwidth
   * @param rounds for the rates
   * @param times that each kernel runs
   */
  public record Sizes(
      int width, int rows, int tokens, int vocabulary, long copiedBytes, int rounds, int times) {

    /** Larger than any device's cache: weights must come from memory each time. */
    static final Sizes FULL = new Sizes(16_384, 512, 65_536, 128_256, 2L << 30, 20_000, 20);
  }

  /**
   * One line of the table.
   *
   * @param bytes that must be moved at least
   * @param operations multiplications and additions
   * @param floorMillis the least time for both
   * @param millis of one run
   */
  public record Line(String name, long bytes, long operations, double floorMillis, double millis) {

    /** The least time as a part of the time it took. */
    public double ofFloor() {
      return floorMillis / millis;
    }

    /** For the table. */
    String text() {
      return String.format(
          Locale.ROOT,
          "%s, %d, %d, %.4f, %.4f, %.3f",
          name,
          bytes,
          operations,
          floorMillis,
          millis,
          ofFloor());
    }
  }

  /**
   * @param devices opens a device anew each time
   */
  public KernelFloors(Supplier<CudaContext> devices, Sizes sizes) {
    this.devices = devices;
    this.sizes = sizes;
  }

  /** The table for a device, by the driver's number of it, line by line. */
  public static List<String> table(int ordinal) {
    return new KernelFloors(() -> NvidiaContext.open(ordinal), Sizes.FULL).report();
  }

  /** Bytes a second that a copy within a device reads and writes, beside what is there already. */
  public static double bandwidthOf(int ordinal) {
    try (CudaContext context = NvidiaContext.open(ordinal)) {
      long bytes = Math.min(Sizes.FULL.copiedBytes(), context.freeBytes() / 4);
      return Ceilings.bandwidth(context, new Stopwatch(context, Sizes.FULL.times()), bytes);
    }
  }

  /** The ceilings and the table, line by line. */
  public List<String> report() {
    Ceilings ceilings = ceilings();
    List<String> report = new ArrayList<>();
    report.add(String.format(Locale.ROOT, "copying: %.0f GB/s", ceilings.bytesPerSecond() / 1e9));
    ceilings
        .operationsPerSecond()
        .forEach((rate, perSecond) ->
            report.add(String.format(Locale.ROOT, "%s: %.1f TOP/s", name(rate), perSecond / 1e12)));
    report.add("kernel, bytes, operations, floor ms, ms, floor / ms");
    measure(ceilings).forEach(line -> report.add(line.text()));
    return report;
  }

  private static String name(Rate rate) {
    return switch (rate) {
      case FUSED -> "float32";
      case DOTS -> "dot products of bytes";
      case BYTES -> "tensor cores, bytes";
      case FLOATS -> "tensor cores, tf32";
      case WARPGROUPS -> "warpgroups, bytes";
    };
  }

  private Ceilings ceilings() {
    try (CudaContext context = devices.get()) {
      var stopwatch = new Stopwatch(context, sizes.times());
      return Ceilings.measure(context, stopwatch, sizes.copiedBytes(), sizes.rounds());
    }
  }

  /** All lines. */
  List<Line> measure() {
    return measure(ceilings());
  }

  private List<Line> measure(Ceilings ceilings) {
    List<Line> lines = new ArrayList<>();
    // Keys and values as float32, float16 and quanta; all else once.
    for (int elementBytes : new int[] {4, 2, 1}) {
      try (var bench = new KernelBench(devices.get(), sizes, ceilings, elementBytes)) {
        bench.cache(lines);
        if (elementBytes == 2) {
          bench.rows(lines);
          bench.products(lines);
          bench.experts(lines);
          bench.tokens(lines);
        }
      }
    }
    return lines;
  }
}

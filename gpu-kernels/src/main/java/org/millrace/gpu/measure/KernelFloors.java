package org.millrace.gpu.measure;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.millrace.gpu.CudaProvider;
import org.millrace.gpu.driver.CudaContext;
import org.millrace.gpu.driver.CudaContext.Event;
import org.millrace.gpu.driver.NvidiaContext;
import org.millrace.inference.api.BlockTable;
import org.millrace.inference.cache.KvLayout;
import org.millrace.inference.gguf.GgmlType;
import org.millrace.inference.gguf.GgufTensor;
import org.millrace.inference.tensor.AttentionShape;
import org.millrace.inference.tensor.Batch;
import org.millrace.inference.tensor.Buffer;
import org.millrace.inference.tensor.DeviceProvider.Request;
import org.millrace.inference.tensor.Projection;
import org.millrace.inference.tensor.TensorDevice;

/**
 * For each product and for attention: the bytes it must move and the operations it must do, the
 * time it took, and what part of the measured bandwidth and of the device's stated rate that is.
 */
public final class KernelFloors implements AutoCloseable {
  private static final int TIMES = 20;

  // Larger than any device's cache: weights must come from memory each time.
  private static final int WIDTH = 16_384;
  private static final int TOKENS = 65_536;
  private static final long COPIED_BYTES = 2L << 30;

  private static final int HEADS = 32;
  private static final int KV_HEADS = 8;
  private static final int HEAD_DIM = 128;
  private static final List<GgmlType> TYPES =
      List.of(
          GgmlType.Q4_0, GgmlType.Q8_0, GgmlType.Q4_K, GgmlType.Q5_K, GgmlType.Q6_K, GgmlType.F16);

  private final CudaContext context;
  private final TensorDevice device;
  private final int width;
  private final int tokens;

  /**
   * One line of the table.
   *
   * @param bytes that must come from memory at least
   * @param operations multiplications and additions
   * @param millis of one run
   * @param bytesPerSecond {@code bytes} over that time
   */
  public record Line(
      String name, long bytes, long operations, double millis, double bytesPerSecond) {

    /** The least time at a bandwidth, as a part of the time it took. */
    public double ofFloor(double bandwidth) {
      return bytesPerSecond / bandwidth;
    }
  }

  /**
   * @param width columns and rows of the products' weights
   * @param tokens of the sequence that attention looks at
   * @param context closed with this
   */
  public KernelFloors(CudaContext context, int width, int tokens) {
    this.context = context;
    this.width = width;
    this.tokens = tokens;
    this.device =
        CudaProvider.open(
            context,
            new Request(
                "",
                new KvLayout(1, KV_HEADS, HEAD_DIM, 2),
                HEADS,
                Math.ceilDiv(tokens, KvLayout.BLOCK_TOKENS),
                512,
                1,
                tokens));
  }

  /** The table for a device, by the driver's number of it, line by line. */
  public static List<String> table(int ordinal) {
    try (var floors = new KernelFloors(NvidiaContext.open(ordinal), WIDTH, TOKENS)) {
      double bandwidth = floors.bandwidth(COPIED_BYTES);
      List<String> table = new ArrayList<>();
      table.add(String.format(Locale.ROOT, "copying: %.0f GB/s", bandwidth / 1e9));
      table.add("kernel, bytes, operations, ms, part of what the bandwidth allows, TOP/s");
      for (Line line : floors.measure()) {
        table.add(
            String.format(
                Locale.ROOT,
                "%s, %d, %d, %.4f, %.3f, %.1f",
                line.name(),
                line.bytes(),
                line.operations(),
                line.millis(),
                line.ofFloor(bandwidth),
                line.operations() / line.millis() / 1e9));
      }
      return table;
    }
  }

  /** Bytes a second that a copy within a device reads and writes, beside what is there already. */
  public static double bandwidthOf(int ordinal) {
    try (var floors = new KernelFloors(NvidiaContext.open(ordinal), WIDTH, KvLayout.BLOCK_TOKENS)) {
      return floors.bandwidth(Math.min(COPIED_BYTES, floors.context.freeBytes() / 4));
    }
  }

  /** Bytes a second that a copy within the device reads and writes. */
  public double bandwidth(long bytes) {
    Buffer from = device.allocate(bytes / 4);
    Buffer to = device.allocate(bytes / 4);
    double millis = time(() -> context.copy(from.address(), to.address(), bytes));
    return 2 * bytes / (millis / 1e3);
  }

  /** All lines. */
  public List<Line> measure() {
    List<Line> lines = new ArrayList<>();
    for (GgmlType type : TYPES) {
      for (int rows : new int[] {1, 8, 64, 512}) {
        lines.add(product(type, rows));
      }
    }
    lines.add(attention());
    return lines;
  }

  private Line product(GgmlType type, int rows) {
    try (var arena = Arena.ofConfined()) {
      long elements = (long) width * width;
      MemorySegment data = arena.allocate(type.bytesFor(elements), 64);
      var tensor = new GgufTensor("weights", type, List.of((long) width, (long) width), data);
      Buffer in = device.allocate((long) rows * width);
      Buffer out = device.allocate((long) rows * width);
      var projection = new Projection(device.matrix(tensor, 0, width), null, out, false);
      double millis = time(() -> device.project(in, rows, projection));
      long bytes = type.bytesFor(elements) + 8L * rows * width;
      return line(type + " x " + rows, bytes, 2 * elements * rows, millis);
    }
  }

  /** One token that looks at all that is in the cache. */
  private Line attention() {
    var batch = new Batch(1, 1);
    var table = new BlockTable();
    for (int i = 0; i < Math.ceilDiv(tokens, KvLayout.BLOCK_TOKENS); i++) {
      table.append(i);
    }
    batch.clear();
    batch.add(new int[tokens], tokens - 1, 1, table);
    Buffer q = device.allocate((long) HEADS * HEAD_DIM);
    Buffer out = device.allocate((long) HEADS * HEAD_DIM);
    var shape = new AttentionShape(HEADS, KV_HEADS, HEAD_DIM, 0.088f, 0, 0);
    double millis = time(() -> device.attend(q, batch, 0, shape, out));
    long bytes = 2L * tokens * KV_HEADS * HEAD_DIM * 2;
    return line("attention over " + tokens, bytes, 4L * tokens * HEADS * HEAD_DIM, millis);
  }

  private static Line line(String name, long bytes, long operations, double millis) {
    return new Line(name, bytes, operations, millis, bytes / (millis / 1e3));
  }

  /** Milliseconds of one run, of many one after the other, the first of which do not count. */
  private double time(Runnable work) {
    work.run();
    try (Event before = context.newEvent();
        Event after = context.newEvent()) {
      before.record();
      for (int i = 0; i < TIMES; i++) {
        work.run();
      }
      after.record();
      return after.millisSince(before) / TIMES;
    }
  }

  @Override
  public void close() {
    device.close();
  }
}

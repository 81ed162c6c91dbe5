package org.millrace.gpu.measure;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.millrace.gpu.CudaProvider;
import org.millrace.gpu.driver.CudaContext;
import org.millrace.gpu.measure.KernelFloors.Line;
import org.millrace.gpu.measure.KernelFloors.Sizes;
import org.millrace.gpu.measure.Work.Rate;
import org.millrace.inference.api.BlockTable;
import org.millrace.inference.api.SamplingParams;
import org.millrace.inference.api.TokenDraw;
import org.millrace.inference.cache.KvLayout;
import org.millrace.inference.gguf.GgmlType;
import org.millrace.inference.gguf.GgufTensor;
import org.millrace.inference.tensor.Activation;
import org.millrace.inference.tensor.AttentionShape;
import org.millrace.inference.tensor.Batch;
import org.millrace.inference.tensor.Buffer;
import org.millrace.inference.tensor.DeviceProvider.Request;
import org.millrace.inference.tensor.ExpertWeights;
import org.millrace.inference.tensor.Matrix;
import org.millrace.inference.tensor.Projection;
import org.millrace.inference.tensor.Rotation;
import org.millrace.inference.tensor.TensorDevice;
import org.millrace.inference.tensor.TensorDevice.RowDraw;

/** Runs each of a device's operations as a step does, and takes the time. */
final class KernelBench implements AutoCloseable {
  private static final int HEADS = 32;
  private static final int KV_HEADS = 8;
  private static final int HEAD_DIM = 128;
  private static final int EXPERTS = 8;
  private static final int EXPERTS_USED = 2;
  private static final int DRAWN_ROWS = 32;
  private static final List<GgmlType> TYPES =
      List.of(
          GgmlType.Q4_0,
          GgmlType.Q8_0,
          GgmlType.Q4_K,
          GgmlType.Q5_K,
          GgmlType.Q6_K,
          GgmlType.F16,
          GgmlType.BF16,
          GgmlType.F32);

  private final CudaContext context;
  private final Sizes sizes;
  private final Ceilings ceilings;
  private final KvLayout layout;
  private final TensorDevice device;
  private final Stopwatch stopwatch;
  private final Batch batch;

  /**
   * @param context closed with this
   * @param elementBytes of the cache
   */
  KernelBench(CudaContext context, Sizes sizes, Ceilings ceilings, int elementBytes) {
    this.context = context;
    this.sizes = sizes;
    this.ceilings = ceilings;
    this.layout = new KvLayout(1, KV_HEADS, HEAD_DIM, elementBytes);
    this.batch = new Batch(sizes.rows(), 1);
    this.stopwatch = new Stopwatch(context, sizes.times());
    int blocks = Math.ceilDiv(sizes.tokens(), KvLayout.BLOCK_TOKENS);
    var request = new Request("", layout, HEADS, blocks, sizes.rows(), 1, sizes.tokens());
    this.device = CudaProvider.open(context, request);
  }

  private Line line(String name, Work work, Runnable run) {
    double floor = ceilings.floorMillis(work);
    long operations = work.operations() + work.fused();
    return new Line(name, work.bytes(), operations, floor, stopwatch.millis(run));
  }

  /** The last rows of a sequence. */
  private Batch last(int rows) {
    var table = new BlockTable();
    for (int i = 0; i < Math.ceilDiv(sizes.tokens(), KvLayout.BLOCK_TOKENS); i++) {
      table.append(i);
    }
    batch.clear();
    batch.add(new int[sizes.tokens()], sizes.tokens() - rows, rows, table);
    return batch;
  }

  /** Storing keys and values, and attention for one token and for many. */
  void cache(List<Line> lines) {
    String kind = List.of("q8", "f16", "", "f32").get(layout.elementBytes() - 1);
    int most = Math.min(sizes.rows(), sizes.tokens());
    long keyWidth = (long) KV_HEADS * HEAD_DIM;
    Buffer keys = device.allocate(most * keyWidth);
    Batch stored = last(most);
    // All of the cache, so that what attention reads was written.
    for (int from = 0; from < sizes.tokens(); from += most) {
      device.store(keys, keys, part(from, Math.min(most, sizes.tokens() - from)), 0);
    }
    long storedBytes = most * (8 * keyWidth + layout.bytesPerToken());
    lines.add(
        line(
            "store_" + kind + " x " + most,
            Work.ofBytes(storedBytes),
            () -> device.store(keys, keys, stored, 0)));
    for (int rows : new int[] {1, most}) {
      lines.add(attention(kind, rows));
    }
  }

  private Batch part(int from, int count) {
    last(1);
    BlockTable table = batch.table(0);
    batch.clear();
    batch.add(new int[sizes.tokens()], from, count, table);
    return batch;
  }

  private Line attention(String kind, int rows) {
    long width = (long) HEADS * HEAD_DIM;
    Buffer q = device.allocate(rows * width);
    Buffer out = device.allocate(rows * width);
    var shape = new AttentionShape(HEADS, KV_HEADS, HEAD_DIM, 0.088f, 0, 0);
    Batch step = last(rows);
    long seen = (long) rows * sizes.tokens() - (long) rows * (rows - 1) / 2;
    // Queries and weights go in as two tf32, and what is not exact in one comes in two as well.
    long products = layout.elementBytes() == 4 ? 3 : 2;
    long bytes = sizes.tokens() * layout.bytesPerToken() + 8 * rows * width;
    return line(
        "attend_%s, %d rows over %d".formatted(kind, rows, sizes.tokens()),
        new Work(bytes, Rate.FLOATS, products * 4 * seen * width, 0),
        () -> device.attend(q, step, 0, shape, out));
  }

  /** What lies between products. */
  void rows(List<Line> lines) {
    int rows = sizes.rows();
    long width = (long) HEADS * HEAD_DIM;
    long count = rows * width;
    Buffer x = device.allocate(count);
    Buffer y = device.allocate(count);
    Buffer norm = device.allocate(Math.max(width, rows));
    Work one = Work.ofBytes(8 * count);
    Work two = Work.ofBytes(12 * count);
    lines.add(line("rms_norm", one, () -> device.rmsNorm(x, norm, 1e-5f, rows, x)));
    lines.add(line("add_rows", two, () -> device.add(x, y, count)));
    lines.add(line("add_gated", two, () -> device.addGated(x, y, norm, rows, (int) width)));
    lines.add(line("activate", two, () -> device.activate(Activation.SILU, x, y, count)));
    lines.add(line("soft_cap", one, () -> device.softCap(x, count, 30)));
    double[] frequencies = new double[HEAD_DIM / 2];
    Arrays.fill(frequencies, 0.1);
    var rotation = new Rotation(Rotation.Style.HALVES, HEAD_DIM, frequencies);
    Batch step = last(Math.min(rows, sizes.tokens()));
    Work turned = Work.ofBytes(8 * width * step.rows());
    lines.add(line("rotate", turned, () -> device.rotate(x, step, rotation, HEADS, HEAD_DIM)));
    Matrix table = matrix(GgmlType.Q8_0, sizes.width(), 256);
    Buffer embedded = device.allocate((long) step.rows() * sizes.width());
    long embeddedBytes = step.rows() * (4L * sizes.width() + GgmlType.Q8_0.bytesFor(sizes.width()));
    lines.add(
        line("embed", Work.ofBytes(embeddedBytes), () -> device.embed(table, step, 1, embedded)));
  }

  /** Weights times rows, in every type that is multiplied as it is. */
  void products(List<Line> lines) {
    for (GgmlType type : TYPES) {
      Matrix weights = matrix(type, sizes.width(), sizes.width());
      for (int rows : new int[] {1, 8, 64, sizes.rows()}) {
        Buffer in = device.allocate((long) rows * sizes.width());
        Buffer out = device.allocate((long) rows * sizes.width());
        var projection = new Projection(weights, null, out, false);
        lines.add(
            line(
                "%s x %d".formatted(type, rows),
                product(type, rows),
                () -> device.project(in, rows, projection)));
      }
    }
  }

  private Work product(GgmlType type, int rows) {
    long elements = (long) sizes.width() * sizes.width();
    long bytes = type.bytesFor(elements) + 8L * rows * sizes.width();
    long operations = 2 * elements * rows;
    return switch (type) {
      case F16, BF16 -> new Work(bytes, Rate.FLOATS, 2 * operations, 0);
      case F32 -> new Work(bytes, Rate.FLOATS, 3 * operations, 0);
      default -> {
        // Each block of 32 is scaled by two fused multiply-adds, with a minimum by three.
        int fused = type == GgmlType.Q4_K || type == GgmlType.Q5_K ? 6 : 4;
        Rate tensor = context.has("wide_matmul_q4_0") ? Rate.WARPGROUPS : Rate.BYTES;
        Rate rate = rows <= 2 ? Rate.DOTS : tensor;
        yield new Work(bytes, rate, operations, elements / 32 * rows * fused);
      }
    };
  }

  private Matrix matrix(GgmlType type, int columns, int rows) {
    try (var arena = Arena.ofConfined()) {
      MemorySegment data = arena.allocate(type.bytesFor((long) columns * rows), 64);
      var tensor = new GgufTensor("weights", type, List.of((long) columns, (long) rows), data);
      return device.matrix(tensor, 0, rows);
    }
  }

  /** Sparse experts: choosing, their products, and putting results together. */
  void experts(List<Line> lines) {
    int model = Math.min(sizes.width(), HEADS * HEAD_DIM);
    List<Matrix> matrices = new ArrayList<>();
    for (int i = 0; i < 3 * EXPERTS; i++) {
      matrices.add(matrix(GgmlType.Q4_0, model, model));
    }
    var weights =
        new ExpertWeights(
            matrices.subList(0, EXPERTS),
            matrices.subList(EXPERTS, 2 * EXPERTS),
            matrices.subList(2 * EXPERTS, 3 * EXPERTS),
            EXPERTS_USED);
    long elements = 3L * model * model;
    for (int rows : new int[] {1, sizes.rows()}) {
      Buffer router = device.allocate((long) rows * EXPERTS);
      Buffer in = device.allocate((long) rows * model);
      Buffer x = device.allocate((long) rows * model);
      int read = Math.min(EXPERTS, EXPERTS_USED * rows);
      long bytes = read * GgmlType.Q4_0.bytesFor(elements) + 12L * rows * model;
      long products = elements * EXPERTS_USED * rows;
      Rate rate = rows <= 8 ? Rate.DOTS : Rate.BYTES;
      lines.add(
          line(
              "%d of %d experts x %d".formatted(EXPERTS_USED, EXPERTS, rows),
              new Work(bytes, rate, 2 * products, products / 32 * 4),
              () -> device.experts(router, in, rows, weights, x)));
    }
  }

  /** Drawing tokens, which must read each logit once. */
  void tokens(List<Line> lines) {
    Buffer logits = device.allocate((long) DRAWN_ROWS * sizes.vocabulary());
    var filtered = new SamplingParams(1, 40, 0.95f, 0, 1, 0, 0, 0, Map.of(), false, 0);
    var all = new SamplingParams(1, 0, 1, 0, 1, 0, 0, 0, Map.of(), false, 0);
    for (int rows : new int[] {1, DRAWN_ROWS}) {
      lines.add(draw("draw_tokens, greedy x " + rows, logits, rows, SamplingParams.greedy()));
      lines.add(draw("draw_tokens, filtered x " + rows, logits, rows, filtered));
      lines.add(draw("draw_tokens, unfiltered x " + rows, logits, rows, all));
    }
  }

  private Line draw(String name, Buffer logits, int rows, SamplingParams params) {
    int[] none = new int[0];
    List<RowDraw> draws = new ArrayList<>();
    for (int row = 0; row < rows; row++) {
      draws.add(new RowDraw(row, new TokenDraw(params, 0.5, none, none, none, null)));
    }
    Work work = Work.ofBytes(4L * rows * sizes.vocabulary());
    return line(name, work, () -> device.draw(logits, sizes.vocabulary(), draws));
  }

  @Override
  public void close() {
    device.close();
  }
}

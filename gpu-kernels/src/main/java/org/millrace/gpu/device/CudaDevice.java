package org.millrace.gpu.device;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.millrace.gpu.device.DeviceMemory.Kind;
import org.millrace.gpu.driver.CudaContext;
import org.millrace.gpu.driver.CudaContext.Grid;
import org.millrace.inference.api.DeviceInfo;
import org.millrace.inference.api.DeviceUse;
import org.millrace.inference.api.DrawnToken;
import org.millrace.inference.cache.BlockMemory;
import org.millrace.inference.cache.KvLayout;
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

/**
 * A CUDA device. Operations start kernels and return; only {@link #read} waits. All memory is taken
 * while a model is loaded and its first steps run; those that come after take none.
 *
 * <p>Products with quantized weights quantize activations to eight bits, as llama.cpp does; all
 * else is as good as float32. A row's result has the same bits whoever shares the step: see {@code
 * quantized.cuh}, {@code float_matmul.cuh} and {@code attention.cuh}.
 */
public final class CudaDevice implements TensorDevice, BlockMemory {
  private static final int NORM_THREADS_MAX = 1024;
  private static final int PAIR_THREADS = 256;

  private final CudaContext context;
  private final Request request;
  private final DeviceMemory memory;
  private final Launcher launcher;
  private final WeightStore weights;
  private final Twins twins;
  private final Foresight foresight = new Foresight();
  private final Products products;
  private final ExpertLayer expertLayer;
  private final StepGraphs graphs;
  private final List<Angles> rotations = new ArrayList<>();
  private final long cache;
  // A block may be copied by whoever plans steps while the engine's thread writes a graph down.
  private final ReentrantLock stream = new ReentrantLock();
  private final StepTables tables;
  private final Placer placer;
  private final AttentionRunner attention;
  private final TokenDrawer drawer;
  private MemorySegment staging = MemorySegment.NULL;
  private boolean closed;

  /**
   * A device that one model has for itself. Takes over the context: it is closed with the device.
   */
  public CudaDevice(CudaContext context, Request request) {
    this(context, request, 100, Upload.unwatched());
  }

  /**
   * Takes over the context: it is closed with the device.
   *
   * @param memoryPercent most of the device's memory that all models together may take
   * @param upload told of the weights that have been brought
   * @throws org.millrace.inference.api.ModelLoadException when there is not enough memory for the
   *     cache
   */
  public CudaDevice(CudaContext context, Request request, int memoryPercent, Upload upload) {
    this.context = context;
    this.request = request;
    this.memory = new DeviceMemory(context, memoryPercent);
    boolean ready = false;
    try {
      this.launcher = new Launcher(context);
      this.weights = new WeightStore(memory, launcher, upload);
      this.twins = new Twins(memory, launcher);
      this.products = new Products(launcher, twins, foresight);
      this.expertLayer = new ExpertLayer(launcher, memory, products, request.rowsMax());
      this.graphs = new StepGraphs(context, memory);
      long cacheBytes = request.cacheBlocks() * request.layout().blockBytes();
      this.cache = memory.take(cacheBytes, Kind.CACHE, "the KV cache");
      this.drawer = new TokenDrawer(launcher, memory);
      this.tables = newTables();
      this.placer = new Placer(launcher, request.layout(), cache, foresight);
      this.attention =
          new AttentionRunner(launcher, memory, request.layout(), cache, partsFloats(request));
      ready = true;
    } finally {
      if (!ready) {
        memory.close();
      }
    }
  }

  private StepTables newTables() {
    return new StepTables(
        context,
        memory,
        request.rowsMax(),
        request.slicesMax(),
        tableBlocks(request),
        request.queryHeads() / request.layout().heads());
  }

  /** Most blocks of all sequences of a step. */
  static int tableBlocks(Request request) {
    int ofOne =
        Math.min(
            Math.ceilDiv(request.sequenceTokensMax(), KvLayout.BLOCK_TOKENS),
            request.cacheBlocks());
    return Math.multiplyExact(ofOne, request.slicesMax());
  }

  /** What it takes to have every part of every sequence computed by itself. */
  static long partsFloats(Request request) {
    int tokens = Math.min(request.sequenceTokensMax(), request.cacheBlocks() * 32);
    return (long) Math.min(request.rowsMax(), request.slicesMax())
        * StepTables.partsOf(tokens)
        * request.queryHeads()
        * (request.layout().headDim() + 2);
  }

  @Override
  public DeviceInfo info() {
    return new DeviceInfo(
        context.name(),
        "cuda",
        1,
        "%d MiB of %d MiB taken".formatted(memory.bytes() >> 20, context.memoryBytes() >> 20));
  }

  @Override
  public Optional<DeviceUse> use() {
    return Optional.of(memory.use());
  }

  @Override
  public Buffer allocate(long floats) {
    return new Buffer(memory.takeZeroed(floats * Float.BYTES, "activations"), floats);
  }

  @Override
  public Buffer load(GgufTensor tensor) {
    return weights.load(tensor);
  }

  @Override
  public Matrix matrix(GgufTensor tensor, int firstRow, int rows) {
    if (firstRow < 0 || rows < 1 || (long) firstRow + rows > tensor.rows()) {
      throw new IllegalArgumentException(
          "rows %d to %d of %s, which has %d"
              .formatted(firstRow, firstRow + rows, tensor.name(), tensor.rows()));
    }
    return weights.matrix(tensor, firstRow, rows);
  }

  @Override
  public void step(Batch batch, int kind, Runnable operations) {
    stream.lock();
    try {
      weights.done();
      forget();
      tables.fill(batch);
      foresight.begin(batch.rows());
      if (batch.rows() == batch.slices()) {
        // Tables were filled outside of the graph, which reads them where they always are.
        graphs.run(new StepGraphs.Size(kind, batch.rows(), tables.parts()), operations);
      } else {
        operations.run();
      }
      forget();
    } finally {
      foresight.begin(0);
      stream.unlock();
    }
  }

  /** What a step computes for itself must not be taken from one before, nor left to one after. */
  private void forget() {
    twins.forget();
    rotations.forEach(Angles::forget);
  }

  @Override
  public void embed(Matrix table, Batch batch, float scale, Buffer out) {
    int columns = table.columns();
    out.require((long) batch.rows() * columns, "embed");
    tables.fill(batch);
    launcher
        .arguments()
        .put(table.address())
        .put(tables.tokens())
        .put(out.address())
        .put(table.type().id())
        .put(table.rows())
        .put(columns)
        .put(Storage.stride(table))
        .put(scale);
    launcher.run("embed", Grid.of(batch.rows(), 128));
    twins.stale(out);
  }

  @Override
  public void rmsNorm(Buffer x, Buffer weight, float epsilon, int groups, Buffer out) {
    int columns = (int) weight.floats();
    long count = (long) groups * columns;
    x.require(count, "rmsNorm");
    out.require(count, "rmsNorm");
    long[] twin = twins.written(out, count, columns);
    Foresight.Ahead ahead = foresight.next();
    ahead.put(
        launcher
            .arguments()
            .put(x.address())
            .put(weight.address())
            .put(out.address())
            .put(twin[0])
            .put(twin[1])
            .put(groups)
            .put(columns)
            .put(epsilon));
    int threads = Math.min(NORM_THREADS_MAX, Math.ceilDiv(columns, 32) * 32);
    launcher.run("rms_norm", Grid.of(groups + ahead.blocks(), threads));
  }

  @Override
  public void project(Buffer in, int rows, Projection... projections) {
    for (Projection projection : projections) {
      in.require((long) rows * projection.weights().columns(), "project");
      projection.out().require((long) rows * projection.weights().rows(), "project");
    }
    products.project(in, rows, projections);
  }

  @Override
  public void add(Buffer x, Buffer y, long count) {
    x.require(count, "add");
    y.require(count, "add");
    pair("add_rows", x, y, count, 0, new long[2]);
    twins.stale(x);
  }

  @Override
  public void activate(Activation activation, Buffer gate, Buffer up, long count) {
    gate.require(count, "activate");
    up.require(count, "activate");
    int columns = (int) Math.min(count, Integer.MAX_VALUE / Storage.BLOCK * Storage.BLOCK);
    pair("activate", gate, up, count, activation.ordinal(), twins.written(gate, count, columns));
  }

  private void pair(String kernel, Buffer x, Buffer y, long count, int kind, long[] twin) {
    Foresight.Ahead ahead = foresight.next();
    int blocks = Math.toIntExact(Math.ceilDiv(count, (long) PAIR_THREADS));
    ahead.put(
        launcher
            .arguments()
            .put(x.address())
            .put(y.address())
            .put(twin[0])
            .put(twin[1])
            .put(count)
            .put(kind)
            .put(blocks));
    launcher.run(kernel, Grid.of(blocks + ahead.blocks(), PAIR_THREADS));
  }

  @Override
  public void rotate(Buffer x, Batch batch, Rotation rotation, int heads, int headDim) {
    x.require((long) batch.rows() * heads * headDim, "rotate");
    tables.fill(batch);
    var queries = new Placer.Heads(x, heads, headDim, null, null, anglesOf(rotation));
    placer.place(queries, batch.rows(), 0, tables);
    twins.stale(x);
  }

  private Angles anglesOf(Rotation rotation) {
    for (Angles angles : rotations) {
      if (angles.rotation() == rotation) {
        return angles;
      }
    }
    var angles = new Angles(launcher, memory, rotation, request.rowsMax());
    rotations.add(angles);
    return angles;
  }

  @Override
  public void store(Buffer keys, Buffer values, Batch batch, int layer) {
    requireKeys(keys, values, batch);
    tables.fill(batch);
    var stored = new Placer.Heads(null, 0, request.layout().headDim(), keys, values, null);
    placer.place(stored, batch.rows(), layer, tables);
  }

  private void requireKeys(Buffer keys, Buffer values, Batch batch) {
    KvLayout layout = request.layout();
    long count = (long) batch.rows() * layout.heads() * layout.headDim();
    keys.require(count, "store");
    values.require(count, "store");
  }

  /** In one kernel; the keys are turned on their way into the cache, and stay what they are. */
  @Override
  public void place(Buffer query, Buffer key, Buffer value, Batch batch, Placement placement) {
    AttentionShape shape = placement.shape();
    query.require((long) batch.rows() * shape.heads() * shape.headDim(), "place");
    requireKeys(key, value, batch);
    tables.fill(batch);
    Angles angles = anglesOf(placement.rotation());
    var all = new Placer.Heads(query, shape.heads(), shape.headDim(), key, value, angles);
    placer.place(all, batch.rows(), placement.layer(), tables);
    twins.stale(query);
  }

  @Override
  public void attend(Buffer q, Batch batch, int layer, AttentionShape shape, Buffer out) {
    long count = (long) batch.rows() * shape.heads() * shape.headDim();
    q.require(count, "attend");
    out.require(count, "attend");
    tables.fill(batch);
    attention.attend(q, batch.rows(), layer, shape, tables, out);
    twins.stale(out);
  }

  @Override
  public void experts(Buffer router, Buffer in, int rows, ExpertWeights experts, Buffer x) {
    router.require((long) rows * experts.count(), "experts");
    long count = (long) rows * experts.gate().getFirst().columns();
    in.require(count, "experts");
    x.require(count, "experts");
    expertLayer.run(
        router,
        in,
        rows,
        experts,
        x,
        (gate, up, elements) -> activate(Activation.SILU, gate, up, elements));
    twins.stale(x);
  }

  @Override
  public boolean hasGatedExperts() {
    return true;
  }

  @Override
  public void addGated(Buffer x, Buffer y, Buffer gate, int rows, int columns) {
    long count = (long) rows * columns;
    x.require(count, "addGated");
    y.require(count, "addGated");
    gate.require(rows, "addGated");
    launcher
        .arguments()
        .put(x.address())
        .put(y.address())
        .put(gate.address())
        .put(count)
        .put(columns);
    launcher.run("add_gated", Grid.over(count, 256));
    twins.stale(x);
  }

  @Override
  public void softCap(Buffer x, long count, float cap) {
    x.require(count, "softCap");
    launcher.arguments().put(x.address()).put(count).put(cap);
    launcher.run("soft_cap", Grid.over(count, 256));
    twins.stale(x);
  }

  @Override
  public void copyRow(Buffer x, int from, Buffer out, int to, int columns) {
    x.require((from + 1L) * columns, "copyRow");
    out.require((to + 1L) * columns, "copyRow");
    context.copy(x.at((long) from * columns), out.at((long) to * columns), 4L * columns);
    twins.stale(out);
  }

  @Override
  public void receive(TensorDevice from, Buffer sent, Buffer into, long count) {
    sent.require(count, "receive");
    into.require(count, "receive");
    context.receive(
        ((CudaDevice) from).context, sent.address(), into.address(), Float.BYTES * count);
    twins.stale(into);
  }

  @Override
  public void read(Buffer x, int row, float[] to) {
    x.require((row + 1L) * to.length, "read");
    long bytes = 4L * to.length;
    MemorySegment found = staging(bytes);
    context.download(x.at((long) row * to.length), found, bytes);
    MemorySegment.copy(found, ValueLayout.JAVA_FLOAT, 0, to, 0, to.length);
  }

  @Override
  public boolean drawsTokens() {
    return true;
  }

  @Override
  public List<DrawnToken> draw(Buffer logits, int columns, List<RowDraw> draws) {
    for (RowDraw draw : draws) {
      logits.require((draw.row() + 1L) * columns, "draw");
    }
    return drawer.draw(logits, columns, draws);
  }

  private MemorySegment staging(long bytes) {
    if (staging.byteSize() < bytes) {
      if (staging.byteSize() > 0) {
        context.unpin(staging);
      }
      staging = context.pinned(bytes);
    }
    return staging;
  }

  /** Nothing to do: all of the cache is taken from the beginning. */
  @Override
  public void prepare(int block) {}

  @Override
  public void copy(int from, int to) {
    long bytes = request.layout().blockBytes();
    stream.lock();
    try {
      context.copy(cache + from * bytes, cache + to * bytes, bytes);
    } finally {
      stream.unlock();
    }
  }

  @Override
  public void close() {
    stream.lock();
    try {
      if (!closed) {
        closed = true;
        graphs.close();
        memory.close();
        context.close();
      }
    } finally {
      stream.unlock();
    }
  }
}

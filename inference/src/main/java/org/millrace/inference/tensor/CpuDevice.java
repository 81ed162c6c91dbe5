package org.millrace.inference.tensor;

import java.util.ArrayList;
import java.util.List;
import org.millrace.inference.api.CpuList;
import org.millrace.inference.api.DeviceInfo;
import org.millrace.inference.cache.KvLayout;
import org.millrace.inference.cache.KvPool;
import org.millrace.inference.gguf.GgufTensor;
import org.millrace.inference.threads.Team;

/** The CPU: every operation cut into chunks for the team, each chunk done by the kernels. */
public final class CpuDevice implements TensorDevice {
  /** Elements below which waking the team costs more than it saves. */
  private static final long INLINE_ELEMENTS = 16_384;

  /** Half a megabyte each with a large vocabulary. */
  private static final int LOGIT_ROWS_MAX = 32;

  private final KernelChoice choice;
  private final Kernels kernels;
  private final Team team;
  private final KvPool pool;
  private final int rowsMax;
  private final UntouchedMemory memory = new UntouchedMemory();
  private final long[] scratch;
  private final MatmulJob matmul;
  private final NetworkJob network;
  private final RowsJob rowsJob = new RowsJob();
  private final List<AttentionJob> attentions = new ArrayList<>();
  private final List<AttentionShape> attentionShapes = new ArrayList<>();
  private final List<RotationTable> rotations = new ArrayList<>();
  private final List<ExpertsJob> experts = new ArrayList<>();

  /**
   * @param choice which kernels
   * @param threads members of the team
   * @param pool the cache that {@link #store} and {@link #attend} work on
   * @param rowsMax most rows of a step
   */
  public CpuDevice(KernelChoice choice, int threads, KvPool pool, int rowsMax) {
    this(choice, threads, Pins.of(CpuList.NONE, threads), pool, rowsMax);
  }

  /**
   * @param pins where the team's threads run
   */
  public CpuDevice(KernelChoice choice, int threads, Pins pins, KvPool pool, int rowsMax) {
    this.choice = choice;
    this.kernels = choice.kernels();
    this.pool = pool;
    this.rowsMax = rowsMax;
    this.team = new Team(threads, pins);
    this.scratch = new long[threads];
    long attentionBytes = AttentionJob.scratchBytes(pool);
    for (int i = 0; i < threads; i++) {
      long bytes = Math.max(Kernels.MATMUL_SCRATCH_BYTES, attentionBytes);
      scratch[i] = memory.allocate(bytes);
    }
    this.matmul = new MatmulJob(kernels, team, scratch);
    this.network = new NetworkJob(kernels, team, matmul);
  }

  @Override
  public DeviceInfo info() {
    return new DeviceInfo("cpu", kernels.name(), team.size(), choice.reason());
  }

  @Override
  public Buffer allocate(long floats) {
    return new Buffer(memory.allocate(floats * Float.BYTES), floats);
  }

  @Override
  public List<List<Buffer>> allocateInTurn(List<List<Long>> turns) {
    return Turns.cut(allocate(Turns.floats(turns)), turns);
  }

  @Override
  public int logitRows(int wanted) {
    return Math.min(wanted, LOGIT_ROWS_MAX);
  }

  @Override
  public Buffer load(GgufTensor tensor) {
    int count = Math.toIntExact(tensor.elements());
    Buffer buffer = allocate(count);
    ScalarDecode.decode(tensor.type(), tensor.data().address(), buffer.address(), count);
    return buffer;
  }

  @Override
  public Matrix matrix(GgufTensor tensor, int firstRow, int rows) {
    int columns = Math.toIntExact(tensor.columns());
    if (firstRow < 0 || rows < 1 || (long) firstRow + rows > tensor.rows()) {
      throw new IllegalArgumentException(
          "rows %d to %d of %s, which has %d"
              .formatted(firstRow, firstRow + rows, tensor.name(), tensor.rows()));
    }
    Matrix whole = new Matrix(tensor.type(), rows, columns, tensor.data().address());
    return new Matrix(tensor.type(), rows, columns, whole.row(firstRow));
  }

  @Override
  public void embed(Matrix table, Batch batch, float scale, Buffer out) {
    int columns = table.columns();
    out.require((long) batch.rows() * columns, "embed");
    for (int row = 0; row < batch.rows(); row++) {
      long to = out.at((long) row * columns);
      // Not by vectors: a row a token is too seldom for their objects to be compiled away.
      ScalarDecode.decode(table.type(), table.row(batch.token(row)), to, columns);
      if (scale != 1) {
        kernels.scale(to, scale, columns);
      }
    }
  }

  @Override
  public void rmsNorm(Buffer x, Buffer weight, float epsilon, int groups, Buffer out) {
    int columns = (int) weight.floats();
    x.require((long) groups * columns, "rmsNorm");
    out.require((long) groups * columns, "rmsNorm");
    rowsJob.op = Op.NORM;
    rowsJob.a = x;
    rowsJob.b = weight;
    rowsJob.out = out;
    rowsJob.factor = epsilon;
    rowsJob.start(groups, columns);
  }

  @Override
  public void project(Buffer in, int rows, Projection... projections) {
    matmul.clear();
    for (Projection projection : projections) {
      in.require((long) rows * projection.weights().columns(), "project");
      projection.out().require((long) rows * projection.weights().rows(), "project");
      matmul.next().set(projection, in.address(), rows);
    }
    matmul.run();
  }

  @Override
  public long hiddenFloats(int rows, int hidden) {
    return NetworkJob.sliceFloatsMax(rows, hidden, team.size());
  }

  @Override
  public void feedForward(Buffer in, int rows, GatedNetwork gated) {
    in.require((long) rows * gated.gate().weights().columns(), "feedForward");
    gated.down().out().require((long) rows * gated.down().weights().rows(), "feedForward");
    network.run(in, rows, gated);
  }

  @Override
  public void add(Buffer x, Buffer y, long count) {
    x.require(count, "add");
    y.require(count, "add");
    rowsJob.op = Op.ADD;
    rowsJob.a = x;
    rowsJob.b = y;
    rowsJob.startFlat(count);
  }

  @Override
  public void activate(Activation activation, Buffer gate, Buffer up, long count) {
    gate.require(count, "activate");
    up.require(count, "activate");
    rowsJob.op = Op.ACTIVATE;
    rowsJob.a = gate;
    rowsJob.b = up;
    rowsJob.activation = activation;
    rowsJob.startFlat(count);
  }

  @Override
  public void rotate(Buffer x, Batch batch, Rotation rotation, int heads, int headDim) {
    x.require((long) batch.rows() * heads * headDim, "rotate");
    RotationTable table = tableOf(rotation);
    table.fill(batch);
    rowsJob.op = Op.ROTATE;
    rowsJob.a = x;
    rowsJob.table = table;
    rowsJob.heads = heads;
    rowsJob.start(batch.rows(), heads * headDim);
  }

  private RotationTable tableOf(Rotation rotation) {
    for (int i = 0; i < rotations.size(); i++) {
      if (rotations.get(i).rotation() == rotation) {
        return rotations.get(i);
      }
    }
    var table = new RotationTable(rotation, allocate(2L * rowsMax * rotation.dimensions()));
    rotations.add(table);
    return table;
  }

  @Override
  public void store(Buffer keys, Buffer values, Batch batch, int layer) {
    int columns = pool.layout().heads() * pool.layout().headDim();
    keys.require((long) batch.rows() * columns, "store");
    values.require((long) batch.rows() * columns, "store");
    rowsJob.op = Op.STORE;
    rowsJob.a = keys;
    rowsJob.b = values;
    rowsJob.batch = batch;
    rowsJob.layer = layer;
    rowsJob.start(batch.rows(), columns);
  }

  @Override
  public void attend(Buffer q, Batch batch, int layer, AttentionShape shape, Buffer out) {
    long count = (long) batch.rows() * shape.heads() * shape.headDim();
    q.require(count, "attend");
    out.require(count, "attend");
    attentionOf(shape, batch).run(team, q, batch, layer, shape, out);
  }

  private AttentionJob attentionOf(AttentionShape shape, Batch batch) {
    int index = attentionShapes.indexOf(shape);
    if (index < 0) {
      index = attentions.size();
      attentionShapes.add(shape);
      attentions.add(new AttentionJob(kernels, pool, scratch, rowsMax, batch, shape));
    }
    return attentions.get(index);
  }

  @Override
  public void experts(Buffer router, Buffer in, int rows, ExpertWeights weights, Buffer x) {
    router.require((long) rows * weights.count(), "experts");
    long count = (long) rows * weights.gate().getFirst().columns();
    in.require(count, "experts");
    x.require(count, "experts");
    expertsOf(weights).run(router, in, rows, weights, x);
  }

  private ExpertsJob expertsOf(ExpertWeights weights) {
    for (int i = 0; i < experts.size(); i++) {
      if (experts.get(i).fits(weights)) {
        return experts.get(i);
      }
    }
    var job = new ExpertsJob(this, kernels, matmul, rowsMax, weights);
    experts.add(job);
    return job;
  }

  @Override
  public boolean hasGatedExperts() {
    return true;
  }

  @Override
  public void addGated(Buffer x, Buffer y, Buffer gate, int rows, int columns) {
    x.require((long) rows * columns, "addGated");
    y.require((long) rows * columns, "addGated");
    gate.require(rows, "addGated");
    for (int row = 0; row < rows; row++) {
      long first = (long) row * columns;
      double part = 1 / (1 + Math.exp(-Memory.getFloat(gate.at(row))));
      kernels.addScaled(x.at(first), y.at(first), (float) part, columns);
    }
  }

  @Override
  public void softCap(Buffer x, long count, float cap) {
    x.require(count, "softCap");
    rowsJob.op = Op.SOFT_CAP;
    rowsJob.a = x;
    rowsJob.factor = cap;
    rowsJob.startFlat(count);
  }

  @Override
  public void copyRow(Buffer x, int from, Buffer out, int to, int columns) {
    x.require((from + 1L) * columns, "copyRow");
    out.require((to + 1L) * columns, "copyRow");
    Memory.copyFloats(x.at((long) from * columns), out.at((long) to * columns), columns);
  }

  @Override
  public void read(Buffer x, int row, float[] to) {
    x.require((row + 1L) * to.length, "read");
    Memory.copyFloats(x.at((long) row * to.length), to, to.length);
  }

  @Override
  public boolean mostLikely(Buffer x, int rows, int columns, int[] to) {
    x.require((long) rows * columns, "mostLikely");
    rowsJob.op = Op.MOST_LIKELY;
    rowsJob.a = x;
    rowsJob.found = to;
    rowsJob.start(rows, columns);
    return true;
  }

  @Override
  public void close() {
    team.close();
    matmul.close();
    network.close();
    memory.close();
  }

  private enum Op {
    NORM,
    ADD,
    ACTIVATE,
    ROTATE,
    STORE,
    SOFT_CAP,
    MOST_LIKELY
  }

  /** The operations that treat rows one by one; one object, so that a step allocates nothing. */
  private final class RowsJob implements Team.Job {
    private Op op = Op.ADD;
    private Buffer a = new Buffer(0, 0);
    private Buffer b = a;
    private Buffer out = a;
    private float factor;
    private Activation activation = Activation.SILU;
    private RotationTable table =
        new RotationTable(new Rotation(Rotation.Style.HALVES, 0, new double[0]), a);
    private Batch batch = new Batch(1, 1);
    private int heads;
    private int layer;
    private int[] found = new int[0];
    private long rows;
    private int columns;
    private long rowsPerChunk;

    void startFlat(long count) {
      // Pieces of a fixed length; what falls to a piece's end is computed the same way.
      int piece = 1024;
      long whole = count / piece;
      start(whole, piece);
      if (whole * piece < count) {
        one(whole * piece, (int) (count - whole * piece), whole);
      }
    }

    void start(long ofRows, int ofColumns) {
      rows = ofRows;
      columns = ofColumns;
      rowsPerChunk = Math.max(1, INLINE_ELEMENTS / ofColumns);
      team.run((int) Math.ceilDiv(rows, rowsPerChunk), this);
    }

    @Override
    public void run(int chunk, int member) {
      long first = chunk * rowsPerChunk;
      long end = Math.min(rows, first + rowsPerChunk);
      for (long row = first; row < end; row++) {
        one(row * columns, columns, row);
      }
    }

    private void one(long start, int count, long row) {
      switch (op) {
        case NORM -> kernels.rmsNorm(a.at(start), b.address(), factor, count, out.at(start));
        case ADD -> kernels.addScaled(a.at(start), b.at(start), 1, count);
        case ACTIVATE -> kernels.activate(activation, a.at(start), b.at(start), count);
        case SOFT_CAP -> kernels.softCap(a.at(start), factor, count);
        case ROTATE -> rotateRow(start, count, (int) row);
        case STORE -> storeRow(start, (int) row);
        case MOST_LIKELY -> found[(int) row] = kernels.mostLikely(a.at(start), count);
      }
    }

    private void rotateRow(long start, int count, int row) {
      int headDim = count / heads;
      int dimensions = table.rotation().dimensions();
      for (int head = 0; head < heads; head++) {
        long x = a.at(start + (long) head * headDim);
        kernels.rotate(table.rotation().style(), x, table.cos(row), table.sin(row), dimensions);
      }
    }

    private void storeRow(long start, int row) {
      KvLayout layout = pool.layout();
      int position = batch.position(row);
      int slot = position % KvLayout.BLOCK_TOKENS;
      long block = pool.address(batch.table(row).block(position / KvLayout.BLOCK_TOKENS));
      for (int head = 0; head < layout.heads(); head++) {
        long from = start + (long) head * layout.headDim();
        long to = block + layout.offset(layer, head);
        KvWriter.write(layout, a.at(from), b.at(from), to, slot);
      }
    }
  }
}

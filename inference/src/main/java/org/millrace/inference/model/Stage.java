package org.millrace.inference.model;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.millrace.inference.model.ModelWeights.Attention;
import org.millrace.inference.model.ModelWeights.Dense;
import org.millrace.inference.model.ModelWeights.Experts;
import org.millrace.inference.model.ModelWeights.FeedForward;
import org.millrace.inference.model.ModelWeights.Layer;
import org.millrace.inference.model.ModelWeights.Linear;
import org.millrace.inference.model.ModelWeights.Shared;
import org.millrace.inference.tensor.AttentionShape;
import org.millrace.inference.tensor.Batch;
import org.millrace.inference.tensor.Buffer;
import org.millrace.inference.tensor.Projection;
import org.millrace.inference.tensor.Rotation;
import org.millrace.inference.tensor.TensorDevice;
import org.millrace.inference.tensor.TensorDevice.Placement;

/**
 * The layers that one device computes, and the activations they work on.
 *
 * <p>All memory is taken when it is made; a step takes none. One thread at a time.
 */
final class Stage {
  private final Architecture architecture;
  private final ModelShape shape;
  private final Turning turning;
  private final TensorDevice device;
  private final List<Layer> layers;
  private final int firstLayer;
  private final Buffer x;
  private final Buffer normed;
  private final Buffer query;
  private final Buffer key;
  private final Buffer value;
  private final Buffer attended;
  private final Buffer branch;
  private final Buffer gate;
  private final Buffer up;
  private final Buffer part;
  private final Projection[][] projections;
  private final Placement[] placements;

  /**
   * What attention turns and sees by, the same on all devices.
   *
   * @param windowedRotation of layers that see a window only
   * @param windowedAttention of layers that see a window only
   */
  record Turning(
      Rotation rotation,
      Rotation windowedRotation,
      AttentionShape attention,
      AttentionShape windowedAttention) {}

  /**
   * @param layers those of the model from {@code firstLayer} on
   * @param rowsMax most tokens of a step
   */
  Stage(
      Architecture architecture,
      ModelShape shape,
      Turning turning,
      TensorDevice device,
      List<Layer> layers,
      int firstLayer,
      int rowsMax) {
    this.architecture = architecture;
    this.shape = shape;
    this.turning = turning;
    this.device = device;
    this.layers = layers;
    this.firstLayer = firstLayer;
    long rows = rowsMax;
    long queryWidth = (long) shape.heads() * shape.headDim();
    long keyWidth = (long) shape.kvHeads() * shape.headDim();
    long hidden = hiddenMax(layers);
    this.x = device.allocate(rows * shape.width());
    this.normed = device.allocate(rows * shape.width());
    this.query = device.allocate(rows * queryWidth);
    this.key = device.allocate(rows * keyWidth);
    this.value = device.allocate(rows * keyWidth);
    this.attended = device.allocate(rows * queryWidth);
    boolean apart = architecture.postNorms() || architecture.sharedExpert();
    this.branch = device.allocate(apart ? rows * shape.width() : 0);
    this.gate = device.allocate(rows * Math.max(shape.experts(), hidden));
    this.up = device.allocate(rows * hidden);
    this.part = device.allocate(architecture.sharedExpert() ? rows : 0);
    this.projections = new Projection[layers.size()][];
    this.placements = new Placement[layers.size()];
    for (int i = 0; i < layers.size(); i++) {
      projections[i] = projections(layers.get(i));
      placements[i] = placement(i);
    }
  }

  /** The widest feed-forward network that all tokens go through. */
  static int hiddenMax(List<Layer> layers) {
    int most = 1;
    for (Layer layer : layers) {
      most =
          switch (layer.feedForward()) {
            case Dense dense -> Math.max(most, dense.gate().weights().rows());
            case Experts experts when experts.shared() != null ->
                Math.max(most, experts.shared().gate().weights().rows());
            case Experts experts -> most;
          };
    }
    return most;
  }

  TensorDevice device() {
    return device;
  }

  /** The running activation, {@code [rows, width]}. */
  Buffer x() {
    return x;
  }

  int layers() {
    return layers.size();
  }

  /** Computes its first layers for a batch; {@link #x} is there before the first of them. */
  void run(Batch batch, int count) {
    for (int i = 0; i < count; i++) {
      attend(batch, i);
      feedForward(batch.rows(), i);
    }
  }

  private Projection[] projections(Layer layer) {
    Attention a = layer.attention();
    boolean direct = !architecture.postNorms();
    Projection output = project(a.output(), direct ? x : branch, direct);
    Projection q = project(a.query(), query, false);
    Projection k = project(a.key(), key, false);
    Projection v = project(a.value(), value, false);
    return switch (layer.feedForward()) {
      case Dense dense ->
          new Projection[] {
            q,
            k,
            v,
            output,
            project(dense.gate(), gate, false),
            project(dense.up(), up, false),
            project(dense.down(), direct ? x : branch, direct)
          };
      case Experts experts -> {
        var router = new Projection(experts.router(), null, gate, false);
        Shared shared = experts.shared();
        yield shared == null
            ? new Projection[] {q, k, v, output, router}
            : new Projection[] {
              q,
              k,
              v,
              output,
              router,
              project(shared.gate(), gate, false),
              project(shared.up(), up, false),
              new Projection(shared.part(), null, part, false),
              project(shared.down(), branch, false)
            };
      }
    };
  }

  private Placement placement(int index) {
    return shape.windows().layers().get(firstLayer + index)
        ? new Placement(turning.windowedRotation(), turning.windowedAttention(), index)
        : new Placement(turning.rotation(), turning.attention(), index);
  }

  private static Projection project(Linear linear, Buffer out, boolean accumulate) {
    return new Projection(linear.weights(), linear.bias(), out, accumulate);
  }

  private void attend(Batch batch, int index) {
    Attention layer = layers.get(index).attention();
    Projection[] p = projections[index];
    int rows = batch.rows();
    device.rmsNorm(x, layer.norm(), shape.epsilon(), rows, normed);
    device.project(normed, rows, p[0], p[1], p[2]);
    if (layer.queryNorm() != null && layer.keyNorm() != null) {
      device.rmsNorm(query, layer.queryNorm(), shape.epsilon(), rows * shape.heads(), query);
      device.rmsNorm(key, layer.keyNorm(), shape.epsilon(), rows * shape.kvHeads(), key);
    }
    device.place(query, key, value, batch, placements[index]);
    device.attend(query, batch, index, placements[index].shape(), attended);
    device.project(attended, rows, p[3]);
    addBranch(layer.postNorm(), rows);
  }

  private void feedForward(int rows, int index) {
    FeedForward layer = layers.get(index).feedForward();
    Projection[] p = projections[index];
    device.rmsNorm(x, layer.norm(), shape.epsilon(), rows, normed);
    switch (layer) {
      case Dense dense -> {
        device.project(normed, rows, p[4], p[5]);
        int hidden = dense.gate().weights().rows();
        device.activate(architecture.activation(), gate, up, (long) rows * hidden);
        device.project(gate, rows, p[6]);
        addBranch(dense.postNorm(), rows);
      }
      case Experts experts -> {
        device.project(normed, rows, p[4]);
        device.experts(gate, normed, rows, experts.experts(), x);
        if (experts.shared() != null) {
          device.project(normed, rows, p[5], p[6], p[7]);
          int hidden = experts.shared().gate().weights().rows();
          device.activate(architecture.activation(), gate, up, (long) rows * hidden);
          device.project(gate, rows, p[8]);
          device.addGated(x, branch, part, rows, shape.width());
        }
      }
    }
  }

  /** Adds a branch that is normed first; others were added by their projection. */
  private void addBranch(@Nullable Buffer postNorm, int rows) {
    if (postNorm != null) {
      device.rmsNorm(branch, postNorm, shape.epsilon(), rows, branch);
      device.add(x, branch, (long) rows * shape.width());
    }
  }
}

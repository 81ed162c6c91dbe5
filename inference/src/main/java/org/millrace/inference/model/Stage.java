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
import org.millrace.inference.tensor.GatedNetwork;
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
  private final Buffer router;
  private final Buffer part;
  private final List<Plan> plans;
  private final Placement[] placements;

  /**
   * A layer's products, with where they read and write.
   *
   * @param inputs query, key and value
   * @param router of experts, or none
   * @param network that all tokens go through, or {@code null}
   * @param share how much of it each token lets in, or none
   */
  private record Plan(
      Projection[] inputs,
      Projection[] output,
      Projection[] router,
      @Nullable GatedNetwork network,
      Projection[] share) {}

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
    long queryFloats = rows * shape.heads() * shape.headDim();
    long keyFloats = rows * shape.kvHeads() * shape.headDim();
    long hiddenFloats = device.hiddenFloats(rowsMax, hiddenMax(layers));
    this.x = device.allocate(rows * shape.width());
    // What attention reads is gone when its result comes, and its buffers before the next network.
    var rowTurns =
        device.allocateInTurn(List.of(List.of(rows * shape.width()), List.of(queryFloats)));
    this.normed = rowTurns.getFirst().getFirst();
    this.attended = rowTurns.getLast().getFirst();
    var turns =
        device.allocateInTurn(
            List.of(
                List.of(queryFloats, keyFloats, keyFloats), List.of(hiddenFloats, hiddenFloats)));
    this.query = turns.getFirst().get(0);
    this.key = turns.getFirst().get(1);
    this.value = turns.getFirst().get(2);
    this.gate = turns.getLast().get(0);
    this.up = turns.getLast().get(1);
    boolean apart = architecture.postNorms() || architecture.sharedExpert();
    this.branch = device.allocate(apart ? rows * shape.width() : 0);
    this.router = device.allocate(rows * shape.experts());
    this.part = device.allocate(architecture.sharedExpert() ? rows : 0);
    this.plans = layers.stream().map(this::plan).toList();
    this.placements = new Placement[layers.size()];
    for (int i = 0; i < layers.size(); i++) {
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

  private Plan plan(Layer layer) {
    Attention a = layer.attention();
    Projection[] inputs = {
      project(a.query(), query, false),
      project(a.key(), key, false),
      project(a.value(), value, false)
    };
    boolean direct = !architecture.postNorms();
    Projection[] output = {project(a.output(), direct ? x : branch, direct)};
    Projection[] none = {};
    return switch (layer.feedForward()) {
      case Dense dense -> {
        Projection down = project(dense.down(), direct ? x : branch, direct);
        yield new Plan(inputs, output, none, network(dense.gate(), dense.up(), down), none);
      }
      case Experts experts -> {
        Projection[] routers = {new Projection(experts.router(), null, router, false)};
        Shared shared = experts.shared();
        if (shared == null) {
          yield new Plan(inputs, output, routers, null, none);
        }
        Projection[] share = {new Projection(shared.part(), null, part, false)};
        Projection down = project(shared.down(), branch, false);
        yield new Plan(inputs, output, routers, network(shared.gate(), shared.up(), down), share);
      }
    };
  }

  private GatedNetwork network(Linear gateOf, Linear upOf, Projection down) {
    return new GatedNetwork(
        project(gateOf, gate, false), project(upOf, up, false), architecture.activation(), down);
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
    Plan plan = plans.get(index);
    int rows = batch.rows();
    device.rmsNorm(x, layer.norm(), shape.epsilon(), rows, normed);
    device.project(normed, rows, plan.inputs);
    if (layer.queryNorm() != null && layer.keyNorm() != null) {
      device.rmsNorm(query, layer.queryNorm(), shape.epsilon(), rows * shape.heads(), query);
      device.rmsNorm(key, layer.keyNorm(), shape.epsilon(), rows * shape.kvHeads(), key);
    }
    device.place(query, key, value, batch, placements[index]);
    device.attend(query, batch, index, placements[index].shape(), attended);
    device.project(attended, rows, plan.output);
    addBranch(layer.postNorm(), rows);
  }

  private void feedForward(int rows, int index) {
    FeedForward layer = layers.get(index).feedForward();
    Plan plan = plans.get(index);
    device.rmsNorm(x, layer.norm(), shape.epsilon(), rows, normed);
    if (layer instanceof Experts experts) {
      device.project(normed, rows, plan.router);
      device.experts(router, normed, rows, experts.experts(), x);
    }
    if (plan.network != null) {
      device.feedForward(normed, rows, plan.network);
    }
    switch (layer) {
      case Dense dense -> addBranch(dense.postNorm(), rows);
      case Experts experts -> {
        if (experts.shared() != null) {
          device.project(normed, rows, plan.share);
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

package org.millrace.inference.model;

import org.jspecify.annotations.Nullable;
import org.millrace.inference.model.ModelWeights.Attention;
import org.millrace.inference.model.ModelWeights.Dense;
import org.millrace.inference.model.ModelWeights.Experts;
import org.millrace.inference.model.ModelWeights.FeedForward;
import org.millrace.inference.model.ModelWeights.Layer;
import org.millrace.inference.model.ModelWeights.Linear;
import org.millrace.inference.tensor.AttentionShape;
import org.millrace.inference.tensor.Batch;
import org.millrace.inference.tensor.Buffer;
import org.millrace.inference.tensor.Projection;
import org.millrace.inference.tensor.Rotation;
import org.millrace.inference.tensor.TensorDevice;

/**
 * The forward pass that all supported architectures share: norm, attention, norm, feed-forward,
 * each added to the running activation (Touvron et al. 2023, section 2.2, and what {@link
 * Architecture} says of each).
 *
 * <p>All memory is taken when it is made; a step takes none. One thread at a time.
 */
final class Transformer {
  private static final int LOGIT_ROWS_LEAST = 16;

  private final Architecture architecture;
  private final ModelShape shape;
  private final ModelWeights weights;
  private final TensorDevice device;
  private final Rotation rotation;
  private final Rotation windowedRotation;
  private final AttentionShape attention;
  private final AttentionShape windowedAttention;
  private final float embeddingScale;
  private final Buffer x;
  private final Buffer normed;
  private final Buffer query;
  private final Buffer key;
  private final Buffer value;
  private final Buffer attended;
  private final Buffer branch;
  private final Buffer gate;
  private final Buffer up;
  private final Buffer last;
  private final Buffer logits;
  private final Projection[][] projections;

  /**
   * @param rowsMax most tokens of a step
   * @param slicesMax most sequences of a step
   */
  Transformer(
      Architecture architecture,
      ModelShape shape,
      ModelWeights weights,
      TensorDevice device,
      int rowsMax,
      int slicesMax) {
    this.architecture = architecture;
    this.shape = shape;
    this.weights = weights;
    this.device = device;
    this.rotation = rotation(shape.frequencyBase(), shape.scaling());
    // Windowed layers of gemma 3 turn by the original base, unscaled.
    this.windowedRotation =
        architecture.windows() == Architecture.Windows.FIVE_OF_SIX
            ? rotation(10_000, PositionScaling.NONE)
            : rotation;
    this.attention = attentionShape(0);
    this.windowedAttention = attentionShape(shape.window());
    this.embeddingScale = architecture.scaledEmbedding() ? (float) Math.sqrt(shape.width()) : 1;
    long rows = rowsMax;
    long queryWidth = (long) shape.heads() * shape.headDim();
    long keyWidth = (long) shape.kvHeads() * shape.headDim();
    this.x = device.allocate(rows * shape.width());
    this.normed = device.allocate(rows * shape.width());
    this.query = device.allocate(rows * queryWidth);
    this.key = device.allocate(rows * keyWidth);
    this.value = device.allocate(rows * keyWidth);
    this.attended = device.allocate(rows * queryWidth);
    this.branch = device.allocate(architecture.postNorms() ? rows * shape.width() : 0);
    this.gate = device.allocate(rows * Math.max(shape.experts(), hiddenMax(weights)));
    this.up = device.allocate(rows * hiddenMax(weights));
    int logitRows = logitRowsMax(slicesMax);
    this.last = device.allocate((long) logitRows * shape.width());
    this.logits = device.allocate((long) logitRows * weights.output().rows());
    this.projections = new Projection[shape.layers() + 1][];
    for (int i = 0; i < shape.layers(); i++) {
      projections[i] = projections(weights.layers().get(i));
    }
    projections[shape.layers()] =
        new Projection[] {new Projection(weights.output(), null, logits, false)};
  }

  /**
   * Most rows whose logits are computed together: one per sequence, and some for the guesses of few
   * sequences.
   */
  static int logitRowsMax(int slicesMax) {
    return Math.max(LOGIT_ROWS_LEAST, slicesMax);
  }

  /** Floats of activations for one token of a step; for checking memory before it is taken. */
  static long floatsPerRow(ModelShape shape, ModelWeights weights) {
    return 5L * shape.width()
        + 4L * shape.heads() * shape.headDim()
        + 2L * Math.max(shape.experts(), hiddenMax(weights));
  }

  private static int hiddenMax(ModelWeights weights) {
    int most = 1;
    for (Layer layer : weights.layers()) {
      if (layer.feedForward() instanceof Dense dense) {
        most = Math.max(most, dense.gate().weights().rows());
      }
    }
    return most;
  }

  private Rotation rotation(double base, PositionScaling scaling) {
    double[] frequencies = scaling.frequencies(base, shape.turnedDimensions());
    float @Nullable [] factors = weights.frequencyFactors();
    for (int i = 0; factors != null && i < frequencies.length; i++) {
      frequencies[i] /= factors[i];
    }
    return new Rotation(
        architecture.rotation(), shape.turnedDimensions(), frequencies, scaling.magnitude());
  }

  private AttentionShape attentionShape(int window) {
    return new AttentionShape(
        shape.heads(),
        shape.kvHeads(),
        shape.headDim(),
        (float) (1 / Math.sqrt(scoreWidth())),
        window,
        shape.scoreSoftCap());
  }

  /** The two largest gemmas scale scores by the model's width per head, not the head's own. */
  private int scoreWidth() {
    boolean perHead =
        architecture.name().equals("gemma2") && shape.layers() == 46
            || architecture.name().equals("gemma3") && shape.layers() == 62;
    return perHead ? shape.width() / shape.heads() : shape.headDim();
  }

  /** Computes all layers for the batch's rows and fills its part of the cache. */
  void run(Batch batch) {
    run(batch, shape.layers());
  }

  /** Computes the first layers only: enough to have every kernel compiled. */
  void run(Batch batch, int layers) {
    device.step(
        batch,
        layers,
        () -> {
          device.embed(weights.embedding(), batch, embeddingScale, x);
          for (int i = 0; i < layers; i++) {
            attend(batch, i);
            feedForward(batch.rows(), i);
          }
        });
  }

  /**
   * Computes the logits of some rows of the last {@link #run}: those that {@code rows} names from
   * {@code first} on.
   */
  void computeLogits(int[] rows, int first, int count) {
    for (int i = 0; i < count; i++) {
      device.copyRow(x, rows[first + i], last, i, shape.width());
    }
    device.rmsNorm(last, weights.norm(), shape.epsilon(), count, last);
    device.project(last, count, projections[shape.layers()]);
    if (shape.logitSoftCap() > 0) {
      long floats = (long) count * weights.output().rows();
      device.softCap(logits, floats, shape.logitSoftCap());
    }
  }

  /** Has the device find each row's most likely token, if it can; see {@code TensorDevice}. */
  void findMostLikely(int count, int[] to) {
    device.mostLikely(logits, count, weights.output().rows(), to);
  }

  /** Copies the logits that {@link #computeLogits} left at an index. */
  void readLogits(int index, float[] to) {
    device.read(logits, index, to);
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
      case Experts experts ->
          new Projection[] {q, k, v, output, new Projection(experts.router(), null, gate, false)};
    };
  }

  private static Projection project(Linear linear, Buffer out, boolean accumulate) {
    return new Projection(linear.weights(), linear.bias(), out, accumulate);
  }

  private void attend(Batch batch, int index) {
    Attention layer = weights.layers().get(index).attention();
    Projection[] p = projections[index];
    int rows = batch.rows();
    device.rmsNorm(x, layer.norm(), shape.epsilon(), rows, normed);
    device.project(normed, rows, p[0], p[1], p[2]);
    if (layer.queryNorm() != null && layer.keyNorm() != null) {
      device.rmsNorm(query, layer.queryNorm(), shape.epsilon(), rows * shape.heads(), query);
      device.rmsNorm(key, layer.keyNorm(), shape.epsilon(), rows * shape.kvHeads(), key);
    }
    boolean windowed = architecture.windows().at(index);
    Rotation turn = windowed ? windowedRotation : rotation;
    device.rotate(query, batch, turn, shape.heads(), shape.headDim());
    device.rotate(key, batch, turn, shape.kvHeads(), shape.headDim());
    device.store(key, value, batch, index);
    AttentionShape seen = windowed ? windowedAttention : attention;
    device.attend(query, batch, index, seen, attended);
    device.project(attended, rows, p[3]);
    addBranch(layer.postNorm(), rows);
  }

  private void feedForward(int rows, int index) {
    FeedForward layer = weights.layers().get(index).feedForward();
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

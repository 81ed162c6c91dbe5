package org.millrace.inference.model;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.millrace.inference.api.DrawnToken;
import org.millrace.inference.tensor.AttentionShape;
import org.millrace.inference.tensor.Batch;
import org.millrace.inference.tensor.Buffer;
import org.millrace.inference.tensor.DeviceProvider.Part;
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
  private final List<Stage> stages;
  private final float embeddingScale;
  private final int logitRows;
  private final Buffer last;
  private final Buffer logits;
  private final Projection[] output;

  /**
   * @param parts the devices, and how many layers each of them computes
   * @param rowsMax most tokens of a step
   * @param slicesMax most sequences of a step
   */
  Transformer(
      Architecture architecture,
      ModelShape shape,
      ModelWeights weights,
      List<Part> parts,
      int rowsMax,
      int slicesMax) {
    this.architecture = architecture;
    this.shape = shape;
    this.weights = weights;
    this.embeddingScale = architecture.scaledEmbedding() ? (float) Math.sqrt(shape.width()) : 1;
    this.stages = stages(parts, turning(), rowsMax);
    TensorDevice device = stages.getLast().device();
    this.logitRows = device.logitRows(logitRowsMax(slicesMax));
    this.last = device.allocate((long) logitRows * shape.width());
    this.logits = device.allocate((long) logitRows * weights.output().rows());
    this.output = new Projection[] {new Projection(weights.output(), null, logits, false)};
  }

  private List<Stage> stages(List<Part> parts, Stage.Turning turning, int rowsMax) {
    List<Stage> made = new ArrayList<>();
    int first = 0;
    for (Part part : parts) {
      var layers = weights.layers().subList(first, first + part.layers());
      made.add(new Stage(architecture, shape, turning, part.device(), layers, first, rowsMax));
      first += part.layers();
    }
    return List.copyOf(made);
  }

  private Stage.Turning turning() {
    Rotation rotation = rotation(shape.frequencyBase(), shape.scaling());
    LayerWindows windows = shape.windows();
    boolean same = windows.stretched() && windows.frequencyBase() == shape.frequencyBase();
    PositionScaling scaling = windows.stretched() ? shape.scaling() : PositionScaling.NONE;
    Rotation windowed = same ? rotation : rotation(windows.frequencyBase(), scaling);
    return new Stage.Turning(
        rotation, windowed, attentionShape(0), attentionShape(windows.tokens()));
  }

  /** Most rows whose logits are computed together. */
  int logitRows() {
    return logitRows;
  }

  /**
   * Rows whose logits are best computed together: one per sequence, and some for the guesses of few
   * sequences.
   */
  static int logitRowsMax(int slicesMax) {
    return Math.max(LOGIT_ROWS_LEAST, slicesMax);
  }

  /**
   * Floats of activations for one token of a step; for checking memory before it is taken.
   *
   * @param hidden of the widest dense feed-forward network
   */
  static long floatsPerRow(ModelShape shape, int hidden) {
    return 5L * shape.width()
        + 4L * shape.heads() * shape.headDim()
        + 2L * Math.max(shape.experts(), hidden);
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
    int left = layers;
    @Nullable Stage before = null;
    for (Stage stage : stages) {
      int count = Math.min(left, stage.layers());
      if (before == null) {
        stage.device().step(batch, count, () -> embed(stage, batch, count));
      } else {
        stage
            .device()
            .receive(before.device(), before.x(), stage.x(), (long) batch.rows() * shape.width());
        stage.device().step(batch, count, () -> stage.run(batch, count));
      }
      before = stage;
      left -= count;
      if (left == 0) {
        return;
      }
    }
  }

  private void embed(Stage first, Batch batch, int count) {
    first.device().embed(weights.embedding(), batch, embeddingScale, first.x());
    first.run(batch, count);
  }

  /**
   * Computes the logits of some rows of the last {@link #run}: those that {@code rows} names from
   * {@code first} on.
   */
  void computeLogits(int[] rows, int first, int count) {
    Stage stage = stages.getLast();
    TensorDevice device = stage.device();
    for (int i = 0; i < count; i++) {
      device.copyRow(stage.x(), rows[first + i], last, i, shape.width());
    }
    device.rmsNorm(last, weights.norm(), shape.epsilon(), count, last);
    device.project(last, count, output);
    if (shape.logitSoftCap() > 0) {
      long floats = (long) count * weights.output().rows();
      device.softCap(logits, floats, shape.logitSoftCap());
    }
  }

  /** Has the device find each row's most likely token, if it can; see {@code TensorDevice}. */
  void findMostLikely(int count, int[] to) {
    stages.getLast().device().mostLikely(logits, count, weights.output().rows(), to);
  }

  /** Whether the device draws tokens itself. */
  boolean drawsTokens() {
    return stages.getLast().device().drawsTokens();
  }

  /** Has the device draw from logits that {@link #computeLogits} left. */
  List<DrawnToken> draw(List<TensorDevice.RowDraw> draws) {
    return stages.getLast().device().draw(logits, weights.output().rows(), draws);
  }

  /** Copies the logits that {@link #computeLogits} left at an index. */
  void readLogits(int index, float[] to) {
    stages.getLast().device().read(logits, index, to);
  }
}

package org.millrace.inference.tensor;

import java.util.List;
import java.util.Optional;
import org.millrace.inference.api.DeviceInfo;
import org.millrace.inference.api.DeviceUse;
import org.millrace.inference.api.DrawnToken;
import org.millrace.inference.api.TokenDraw;
import org.millrace.inference.gguf.GgufTensor;

/**
 * The operations that a forward pass is made of, on one device. All activations are float32 and
 * row-major, one row per token of the step.
 *
 * <p>For each row the result depends on that row alone (and, in {@link #attend}, on its sequence):
 * never on which other rows are there, nor on how many. Operations run in the order they are
 * called. One thread at a time; {@link #close} frees every buffer.
 */
public interface TensorDevice extends AutoCloseable {
  /** What runs the model. */
  DeviceInfo info();

  /** What has been taken of its own memory; empty where it has none. */
  default Optional<DeviceUse> use() {
    return Optional.empty();
  }

  /** Zeroed memory for activations. */
  Buffer allocate(long floats);

  /**
   * Zeroed memory for activations that are not needed all at once: of several turns, each with
   * buffers of its own, one writes over what another has left. A device may give all turns the same
   * memory.
   *
   * @param turns for each turn how many floats its buffers have
   * @return for each turn its buffers
   */
  default List<List<Buffer>> allocateInTurn(List<List<Long>> turns) {
    return turns.stream().map(turn -> turn.stream().map(this::allocate).toList()).toList();
  }

  /**
   * How many rows' logits are computed together where so many are wanted; what is left is computed
   * after them.
   */
  default int logitRows(int wanted) {
    return wanted;
  }

  /** A small tensor (norm weights, biases, frequencies) as float32. */
  Buffer load(GgufTensor tensor);

  /** A weight matrix over {@code rows} of the tensor's rows, from {@code firstRow}. */
  Matrix matrix(GgufTensor tensor, int firstRow, int rows);

  /** {@code out[row] = table[token of row] * scale}. */
  void embed(Matrix table, Batch batch, float scale, Buffer out);

  /**
   * Root mean square norm (Zhang and Sennrich 2019, equation 4) of groups of {@code columns}
   * elements: {@code out = x / sqrt(mean(x^2) + epsilon) * weight}. {@code out} may be {@code x}.
   */
  void rmsNorm(Buffer x, Buffer weight, float epsilon, int groups, Buffer out);

  /** Runs projections of the same rows. No {@code out} may be {@code in}. */
  void project(Buffer in, int rows, Projection... projections);

  /**
   * How many floats {@link #feedForward} needs of a network's gate, and of its up buffer: devices
   * that work on some columns at a time need fewer than all.
   *
   * @param rows most rows of a step
   * @param hidden elements of a row between the projections
   */
  default long hiddenFloats(int rows, int hidden) {
    return (long) rows * hidden;
  }

  /** Runs a feed-forward network over rows. What its gate and up buffers hold then is undefined. */
  default void feedForward(Buffer in, int rows, GatedNetwork network) {
    Buffer gate = network.gate().out();
    project(in, rows, network.gate(), network.up());
    activate(network.activation(), gate, network.up().out(), (long) rows * network.hidden());
    project(gate, rows, network.down());
  }

  /** {@code x += y}. */
  void add(Buffer x, Buffer y, long count);

  /** {@code gate = activation(gate) * up}. */
  void activate(Activation activation, Buffer gate, Buffer up, long count);

  /** Turns {@code heads} heads of {@code headDim} elements in each row by the row's position. */
  void rotate(Buffer x, Batch batch, Rotation rotation, int heads, int headDim);

  /** Writes the rows' keys and values into their sequences' cache blocks. */
  void store(Buffer keys, Buffer values, Batch batch, int layer);

  /**
   * Turns queries and keys and writes keys and values into the cache: what {@link #rotate} and
   * {@link #store} do, which a device may do together. The buffer of the keys holds nothing of use
   * afterwards.
   */
  default void place(Buffer query, Buffer key, Buffer value, Batch batch, Placement placement) {
    AttentionShape shape = placement.shape();
    rotate(query, batch, placement.rotation(), shape.heads(), shape.headDim());
    rotate(key, batch, placement.rotation(), shape.kvHeads(), shape.headDim());
    store(key, value, batch, placement.layer());
  }

  /** How a layer's queries and keys are turned, how many heads they have, and which layer it is. */
  record Placement(Rotation rotation, AttentionShape shape, int layer) {}

  /**
   * Softmax attention of each row over its sequence's cached positions up to its own. {@code q} and
   * {@code out} are {@code [rows, heads * headDim]}.
   */
  void attend(Buffer q, Batch batch, int layer, AttentionShape shape, Buffer out);

  /**
   * Sparse experts (Shazeer et al. 2017): softmax over all experts' router logits, the {@code used}
   * most likely, their probabilities scaled to sum to one where the weights say so; {@code x +=
   * sum(p * expert(in))}.
   *
   * @param router logits {@code [rows, experts]}
   */
  void experts(Buffer router, Buffer in, int rows, ExpertWeights experts, Buffer x);

  /**
   * Whether {@link #addGated} is there, and experts whose probabilities are not scaled; models that
   * need them are refused where they are not.
   */
  default boolean hasGatedExperts() {
    return false;
  }

  /**
   * Adds a branch that each row lets in for a part: {@code x[row] += y[row] / (1 + e^-gate[row])}.
   *
   * @param gate {@code [rows]}
   */
  default void addGated(Buffer x, Buffer y, Buffer gate, int rows, int columns) {
    throw new UnsupportedOperationException("gated branches on " + info().device());
  }

  /** {@code x = cap * tanh(x / cap)}. */
  void softCap(Buffer x, long count, float cap);

  /** Copies row {@code from} of {@code x} to row {@code to} of {@code out}. */
  void copyRow(Buffer x, int from, Buffer out, int to, int columns);

  /**
   * Runs operations over a batch. They are the same for the same {@code kind} and as many rows and
   * slices, so a device may write them down once and run them again.
   *
   * @param kind tells apart what is run over batches of the same size
   */
  default void step(Batch batch, int kind, Runnable operations) {
    operations.run();
  }

  /**
   * Brings activations over from another device of the same kind, after everything that was asked
   * of that one and of this one so far.
   */
  default void receive(TensorDevice from, Buffer sent, Buffer into, long count) {
    throw new UnsupportedOperationException("a model runs on one device of this kind alone");
  }

  /** Brings a row to the host. */
  void read(Buffer x, int row, float[] to);

  /**
   * Finds the most likely of each row's columns, of equals the first, so that one number a row
   * comes to the host; -1 for a row in which there is none, or a value is no number.
   *
   * @return whether this device does it; {@code false} leaves {@code to} as it was
   */
  default boolean mostLikely(Buffer x, int rows, int columns, int[] to) {
    return false;
  }

  /** Whether it draws tokens itself, so that a few numbers come back instead of logits. */
  default boolean drawsTokens() {
    return false;
  }

  /**
   * Draws a token from each of some rows of logits, the same as the host's sampler would. The
   * logits stay what they are.
   *
   * @param columns of a row: the vocabulary
   * @return what was drawn, in order
   */
  default List<DrawnToken> draw(Buffer logits, int columns, List<RowDraw> draws) {
    throw new UnsupportedOperationException("this device draws no tokens");
  }

  /** A row of logits and how to draw from it. */
  record RowDraw(int row, TokenDraw draw) {}

  @Override
  void close();
}

package org.millrace.demomodel.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;
import ai.djl.nn.Activation;
import ai.djl.nn.core.Embedding;
import ai.djl.nn.core.Linear;

/**
 * The forward pass of the llama architecture (Touvron et al. 2023): RMSNorm before each branch,
 * grouped-query attention, rotary positions over neighbouring pairs, SwiGLU.
 *
 * <p>Rotary positions (Su et al. 2021) turn the pairs {@code (2i, 2i+1)}, which is what a GGUF file
 * of architecture {@code llama} holds; so no matrix is permuted on export. Turning is written as
 * {@code x cos + (x R) sin}, where R swaps each pair and negates one half: one small product
 * instead of slicing and joining. Not thread-safe.
 */
public final class LlamaForward {

  /** Cosines and sines of the rotary angles, each {@code [tokens, head width]}. */
  private record Angles(NDArray cosines, NDArray sines) {}

  private final ModelShape shape;
  private final LlamaWeights weights;
  private final NDArray cosines;
  private final NDArray sines;
  private final NDArray swap;

  /** Tables for the whole context are made once in {@code manager}. */
  public LlamaForward(ModelShape shape, LlamaWeights weights, NDManager manager) {
    this.shape = shape;
    this.weights = weights;
    this.cosines = table(manager, true);
    this.sines = table(manager, false);
    this.swap = pairSwap(manager, shape.headWidth());
  }

  /**
   * Logits at chosen places.
   *
   * @param tokens ids, int32 {@code [rows, tokens]}
   * @param mask 0 where a token may look and a large negative number where it may not, {@code
   *     [rows, 1, tokens, tokens]}
   * @param places indices into the flattened {@code rows x tokens}, int64 {@code [places]}
   * @return {@code [places, vocabulary]}
   */
  public NDArray logits(NDArray tokens, NDArray mask, NDArray places) {
    long rows = tokens.getShape().get(0);
    long length = tokens.getShape().get(1);
    NDArray hidden = rowsOf(weights.array("token_embd.weight"), tokens.reshape(rows * length));
    Angles angles = angles(tokens.getManager(), length);
    for (LlamaWeights.Block block : weights.blocks()) {
      hidden =
          hidden.add(attention(normalized(hidden, block.attentionNorm()), block, mask, angles));
      hidden = hidden.add(feedForward(normalized(hidden, block.feedForwardNorm()), block));
    }
    NDArray chosen = rowsOf(hidden, places);
    NDArray last = normalized(chosen, weights.array("output_norm.weight"));
    return times(last, weights.array("output.weight"));
  }

  private NDArray attention(NDArray input, LlamaWeights.Block block, NDArray mask, Angles angles) {
    long rows = mask.getShape().get(0);
    long length = mask.getShape().get(2);
    int width = shape.headWidth();
    int group = shape.heads() / shape.kvHeads();
    var grouped = new Shape(rows, shape.kvHeads(), group * length, width);
    NDArray query = turned(split(times(input, block.query()), rows, length, shape.heads()), angles);
    NDArray key = turned(split(times(input, block.key()), rows, length, shape.kvHeads()), angles);
    NDArray value = split(times(input, block.value()), rows, length, shape.kvHeads());
    NDArray scaled = query.mul(1.0 / Math.sqrt(width)).reshape(grouped);
    NDArray scores = scaled.matMul(key.transpose(0, 1, 3, 2));
    NDArray shares = scores.reshape(rows, shape.heads(), length, length).add(mask).softmax(-1);
    NDArray mixed =
        shares
            .reshape(rows, shape.kvHeads(), group * length, length)
            .matMul(value)
            .reshape(rows, shape.heads(), length, width)
            .transpose(0, 2, 1, 3)
            .reshape(rows * length, shape.width());
    return times(mixed, block.attentionOutput());
  }

  private NDArray feedForward(NDArray input, LlamaWeights.Block block) {
    NDArray gate = times(input, block.gate());
    NDArray inner = Activation.swish(gate, 1f).mul(times(input, block.up()));
    return times(inner, block.down());
  }

  private NDArray normalized(NDArray input, NDArray gain) {
    NDArray scale = input.square().mean(new int[] {-1}, true).add(shape.normEpsilon()).sqrt();
    return input.div(scale).mul(gain);
  }

  private static NDArray split(NDArray flat, long rows, long length, int heads) {
    return flat.reshape(rows, length, heads, -1).transpose(0, 2, 1, 3);
  }

  private NDArray turned(NDArray heads, Angles angles) {
    return heads.mul(angles.cosines()).add(heads.matMul(swap).mul(angles.sines()));
  }

  private Angles angles(NDManager scratch, long length) {
    var rows = new NDIndex("0:{}", length);
    return new Angles(cosines.get(scratch, rows), sines.get(scratch, rows));
  }

  private static NDArray times(NDArray input, NDArray matrix) {
    return Linear.linear(input, matrix).singletonOrThrow();
  }

  private static NDArray rowsOf(NDArray matrix, NDArray indices) {
    return Embedding.embedding(indices, matrix, SparseFormat.DENSE).singletonOrThrow();
  }

  private NDArray table(NDManager manager, boolean cosine) {
    int width = shape.headWidth();
    var table = new float[shape.contextTokens() * width];
    for (int i = 0; i < table.length; i++) {
      int position = i / width;
      int pair = i % width / 2;
      double angle = position * Math.pow(shape.ropeBase(), -2.0 * pair / width);
      table[i] = (float) (cosine ? Math.cos(angle) : Math.sin(angle));
    }
    return manager.create(table, new Shape(shape.contextTokens(), width));
  }

  private static NDArray pairSwap(NDManager manager, int width) {
    var matrix = new float[width * width];
    for (int pair = 0; pair < width; pair += 2) {
      matrix[(pair + 1) * width + pair] = -1;
      matrix[pair * width + pair + 1] = 1;
    }
    return manager.create(matrix, new Shape(width, width));
  }
}

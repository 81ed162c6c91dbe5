package org.millrace.demomodel.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/**
 * The trained arrays of a llama-architecture model, by their GGUF tensor names.
 *
 * <p>A matrix is {@code [outputs, inputs]}, row-major, as GGUF stores it. Not thread-safe; the
 * arrays live as long as the manager they were made in.
 */
public final class LlamaWeights {

  /** The arrays of one transformer block. */
  public record Block(
      NDArray attentionNorm,
      NDArray query,
      NDArray key,
      NDArray value,
      NDArray attentionOutput,
      NDArray feedForwardNorm,
      NDArray gate,
      NDArray up,
      NDArray down) {}

  private static final double INITIAL_DEVIATION = 0.02;

  private final Map<String, NDArray> arrays = new LinkedHashMap<>();
  private final List<Block> blocks = new ArrayList<>();
  private final NDManager manager;
  private final RandomGenerator random;

  private LlamaWeights(NDManager manager, RandomGenerator random) {
    this.manager = manager;
    this.random = random;
  }

  /** Random starting values; equal seeds give equal values. */
  public static LlamaWeights random(ModelShape shape, NDManager manager, RandomGenerator random) {
    var weights = new LlamaWeights(manager, random);
    // Residual branches start smaller, so that the sum over all layers keeps its scale (GPT-2).
    double residual = INITIAL_DEVIATION / Math.sqrt(2.0 * shape.layers());
    weights.matrix("token_embd.weight", shape.vocabularySize(), shape.width(), INITIAL_DEVIATION);
    for (int layer = 0; layer < shape.layers(); layer++) {
      weights.blocks.add(weights.block("blk." + layer + ".", shape, residual));
    }
    weights.norm("output_norm.weight", shape.width());
    weights.matrix("output.weight", shape.vocabularySize(), shape.width(), INITIAL_DEVIATION);
    return weights;
  }

  private Block block(String prefix, ModelShape shape, double residual) {
    int width = shape.width();
    int inner = shape.feedForwardWidth();
    double plain = INITIAL_DEVIATION;
    return new Block(
        norm(prefix + "attn_norm.weight", width),
        matrix(prefix + "attn_q.weight", width, width, plain),
        matrix(prefix + "attn_k.weight", shape.kvWidth(), width, plain),
        matrix(prefix + "attn_v.weight", shape.kvWidth(), width, plain),
        matrix(prefix + "attn_output.weight", width, width, residual),
        norm(prefix + "ffn_norm.weight", width),
        matrix(prefix + "ffn_gate.weight", inner, width, plain),
        matrix(prefix + "ffn_up.weight", inner, width, plain),
        matrix(prefix + "ffn_down.weight", width, inner, residual));
  }

  private NDArray matrix(String name, int rows, int columns, double deviation) {
    var values = new float[Math.multiplyExact(rows, columns)];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (random.nextGaussian() * deviation);
    }
    return keep(name, manager.create(values, new Shape(rows, columns)));
  }

  private NDArray norm(String name, int width) {
    return keep(name, manager.ones(new Shape(width)));
  }

  private NDArray keep(String name, NDArray array) {
    array.setRequiresGradient(true);
    array.setName(name);
    arrays.put(name, array);
    return array;
  }

  /** All arrays by GGUF tensor name, in the order of the file. */
  public Map<String, NDArray> byName() {
    return Map.copyOf(arrays);
  }

  /** All arrays in the order of the file. */
  public List<NDArray> inOrder() {
    return List.copyOf(arrays.values());
  }

  List<Block> blocks() {
    return blocks;
  }

  NDArray array(String name) {
    NDArray array = arrays.get(name);
    if (array == null) {
      throw new IllegalArgumentException("no array is named " + name);
    }
    return array;
  }
}

package org.millrace.inference.synthetic;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.LongConsumer;
import org.millrace.inference.gguf.GgmlType;
import org.millrace.inference.gguf.GgufWriter;

/**
 * Declares and writes the file of a shape with random weights. The same shape, mix and seed give
 * the same bytes. Not thread-safe.
 */
public final class SyntheticModel {
  private final Shape shape;
  private final QuantMix mix;
  private final SplittableRandom random;
  private final GgufWriter writer = new GgufWriter();
  private LongConsumer written = bytes -> {};
  private long weightBytes;

  private SyntheticModel(Shape shape, QuantMix mix, long seed) {
    this.shape = shape;
    this.mix = mix;
    this.random = new SplittableRandom(seed);
  }

  /**
   * @throws IllegalArgumentException when shape or quantization is not known; the message names
   *     those that are
   */
  public static SyntheticModel of(String shape, String quantization, long seed) {
    var model = new SyntheticModel(Shape.named(shape), QuantMix.named(quantization), seed);
    model.metadata();
    model.tensors();
    return model;
  }

  /** The shapes there are. */
  public static List<String> shapes() {
    return Shape.names();
  }

  /** The quantizations there are. */
  public static List<String> quantizations() {
    return QuantMix.names();
  }

  /** Bytes of all tensors. */
  public long weightBytes() {
    return weightBytes;
  }

  /**
   * Writes the file, once.
   *
   * @param progress is told of weight bytes as they are written
   */
  public void writeTo(Path file, LongConsumer progress) throws IOException {
    written = progress;
    writer.writeTo(file);
  }

  private void metadata() {
    String prefix = shape.architecture() + ".";
    writer.put("general.architecture", shape.architecture());
    writer.put("general.name", "synthetic " + shape.name() + " " + mix.name());
    writer.put("general.quantization_version", 2);
    writer.put(prefix + "block_count", shape.layers());
    writer.put(prefix + "context_length", shape.contextTokens());
    writer.put(prefix + "embedding_length", shape.width());
    writer.put(prefix + "feed_forward_length", shape.hidden());
    writer.put(prefix + "attention.head_count", shape.heads());
    writer.put(prefix + "attention.head_count_kv", shape.kvHeads());
    writer.put(prefix + "attention.key_length", shape.headDim());
    writer.put(prefix + "attention.value_length", shape.headDim());
    writer.put(prefix + "attention.layer_norm_rms_epsilon", shape.qwen() ? 1e-6f : 1e-5f);
    writer.put(prefix + "rope.freq_base", shape.ropeBase());
    writer.put(prefix + "rope.dimension_count", shape.headDim());
    writer.put(prefix + "vocab_size", shape.vocabulary());
    if (shape.experts() > 0) {
      writer.put(prefix + "expert_count", shape.experts());
      writer.put(prefix + "expert_used_count", shape.expertsUsed());
      writer.put(prefix + "expert_feed_forward_length", shape.hidden());
    }
    SyntheticVocabulary.of(shape).writeTo(writer);
  }

  private void tensors() {
    int width = shape.width();
    GgmlType embedding = shape.tied() ? mix.output(width) : mix.embedding(width);
    matrix("token_embd.weight", embedding, width, shape.vocabulary());
    if (shape.ropeFactor() > 0) {
      ropeFrequencies();
    }
    for (int layer = 0; layer < shape.layers(); layer++) {
      attention("blk." + layer + ".", layer);
      feedForward("blk." + layer + ".", layer);
    }
    norm("output_norm.weight", width);
    if (!shape.tied()) {
      matrix("output.weight", mix.output(width), width, shape.vocabulary());
    }
  }

  private void attention(String prefix, int layer) {
    int width = shape.width();
    int queries = shape.heads() * shape.headDim();
    int keys = shape.kvHeads() * shape.headDim();
    norm(prefix + "attn_norm.weight", width);
    projection(prefix, "q", width, queries, layer);
    projection(prefix, "k", width, keys, layer);
    projection(prefix, "v", width, keys, layer);
    matrix(
        prefix + "attn_output.weight",
        mix.attention("output", shape, queries, layer),
        queries,
        width);
    if (shape.architecture().startsWith("qwen3")) {
      norm(prefix + "attn_q_norm.weight", shape.headDim());
      norm(prefix + "attn_k_norm.weight", shape.headDim());
    }
  }

  private void projection(String prefix, String part, int columns, int rows, int layer) {
    matrix(
        prefix + "attn_" + part + ".weight",
        mix.attention(part, shape, columns, layer),
        columns,
        rows);
    if (shape.architecture().equals("qwen2")) {
      float[] zeros = new float[rows];
      vector(prefix + "attn_" + part + ".bias", zeros);
    }
  }

  private void feedForward(String prefix, int layer) {
    int width = shape.width();
    int hidden = shape.hidden();
    norm(prefix + "ffn_norm.weight", width);
    GgmlType in = mix.plain(width);
    GgmlType down = mix.down(shape, hidden, layer);
    if (shape.experts() == 0) {
      matrix(prefix + "ffn_gate.weight", in, width, hidden);
      matrix(prefix + "ffn_up.weight", in, width, hidden);
      matrix(prefix + "ffn_down.weight", down, hidden, width);
      return;
    }
    matrix(prefix + "ffn_gate_inp.weight", GgmlType.F32, width, shape.experts());
    matrix(prefix + "ffn_gate_exps.weight", in, width, hidden, shape.experts());
    matrix(prefix + "ffn_up_exps.weight", in, width, hidden, shape.experts());
    matrix(prefix + "ffn_down_exps.weight", down, hidden, width, shape.experts());
  }

  private void matrix(String name, GgmlType type, long... dimensions) {
    long elements = Arrays.stream(dimensions).reduce(1, Math::multiplyExact);
    weightBytes += type.bytesFor(elements);
    SplittableRandom own = random.split();
    writer.tensor(
        name,
        type,
        Arrays.stream(dimensions).boxed().toList(),
        out ->
            new RandomBlocks(type, dimensions[0])
                .write(elements, own, out, bytes -> written.accept(bytes)));
  }

  private void norm(String name, int length) {
    float[] ones = new float[length];
    Arrays.fill(ones, 1);
    vector(name, ones);
  }

  private void vector(String name, float[] values) {
    weightBytes += (long) values.length * Float.BYTES;
    var bytes = ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    writer.tensor(
        name,
        GgmlType.F32,
        List.of((long) values.length),
        out -> {
          out.write(bytes.array());
          written.accept(bytes.capacity());
        });
  }

  /**
   * Llama 3.1's stretching: wave lengths over the old context are divided by the factor, those
   * under a quarter of it stay, and between the two it goes smoothly (the model's {@code
   * rope_scaling} of type llama3, with low 1, high 4 and the old context of 8,192).
   */
  private void ropeFrequencies() {
    float[] factors = new float[shape.headDim() / 2];
    for (int i = 0; i < factors.length; i++) {
      double waveLength = 2 * Math.PI * Math.pow(shape.ropeBase(), 2.0 * i / shape.headDim());
      double smooth = (8192 / waveLength - 1) / (4 - 1);
      double kept = Math.clamp(smooth, 0, 1);
      factors[i] = (float) (1 / ((1 - kept) / shape.ropeFactor() + kept));
    }
    vector("rope_freqs.weight", factors);
  }
}

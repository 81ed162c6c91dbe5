package org.millrace.gpu.engine;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.millrace.inference.gguf.GgmlType;
import org.millrace.inference.gguf.GgufWriter;

/**
 * A random model of two layers with whatever an architecture has: head norms, norms behind, fused
 * tensors, experts, one that all tokens share.
 */
final class SmallModel {
  static final int VOCABULARY = 40;

  private static final int LAYERS = 2;
  private static final int HEADS = 4;
  private static final int KV_HEADS = 2;
  private static final int HEAD_DIM = 32;
  private static final long WIDTH = 128;
  private static final long HIDDEN = 96;
  private static final long QUERIES = HEADS * HEAD_DIM;
  private static final long KEYS = KV_HEADS * HEAD_DIM;

  private final String architecture;
  private final Map<String, List<Long>> tensors = new TreeMap<>();
  private final Map<String, Object> metadata = new TreeMap<>();

  SmallModel(String architecture) {
    this.architecture = architecture;
    tensors.put("token_embd", List.of(WIDTH, (long) VOCABULARY));
    tensors.put("output", List.of(WIDTH, (long) VOCABULARY));
    tensors.put("output_norm", List.of(WIDTH));
    each("attn_norm", WIDTH).each("ffn_norm", WIDTH);
    each("attn_q", WIDTH, QUERIES).each("attn_k", WIDTH, KEYS).each("attn_v", WIDTH, KEYS);
    each("attn_output", QUERIES, WIDTH);
    each("ffn_gate", WIDTH, HIDDEN).each("ffn_up", WIDTH, HIDDEN).each("ffn_down", HIDDEN, WIDTH);
    says("block_count", LAYERS).says("embedding_length", (int) WIDTH).says("context_length", 256);
    says("attention.head_count", HEADS).says("attention.head_count_kv", KV_HEADS);
    says("attention.key_length", HEAD_DIM).says("attention.layer_norm_rms_epsilon", 1e-5f);
  }

  /** A number of the architecture's metadata. */
  SmallModel says(String key, Object value) {
    metadata.put(architecture + "." + key, value);
    return this;
  }

  private SmallModel each(String tensor, Long... shape) {
    for (int layer = 0; layer < LAYERS; layer++) {
      tensors.put("blk." + layer + "." + tensor, List.of(shape));
    }
    return this;
  }

  private SmallModel without(String... names) {
    for (int layer = 0; layer < LAYERS; layer++) {
      for (String name : names) {
        tensors.remove("blk." + layer + "." + name);
      }
    }
    return this;
  }

  SmallModel headNorms() {
    return each("attn_q_norm", (long) HEAD_DIM).each("attn_k_norm", (long) HEAD_DIM);
  }

  SmallModel postNorms() {
    return each("post_attention_norm", WIDTH).each("post_ffw_norm", WIDTH);
  }

  /** Query, key and value in one tensor, gate and up in another. */
  SmallModel fused() {
    without("attn_q", "attn_k", "attn_v", "ffn_gate");
    return each("attn_qkv", WIDTH, QUERIES + 2 * KEYS).each("ffn_up", WIDTH, 2 * HIDDEN);
  }

  /** LongRoPE's two sets of factors, for heads of which a part is turned. */
  SmallModel longFactors(int turned) {
    tensors.put("rope_factors_long", List.of(turned / 2L));
    tensors.put("rope_factors_short", List.of(turned / 2L));
    says("rope.dimension_count", turned).says("rope.scaling.attn_factor", 1.19f);
    return says("rope.scaling.original_context_length", 128);
  }

  /** Five experts, two of them used. */
  SmallModel experts() {
    without("ffn_gate", "ffn_up", "ffn_down");
    says("expert_count", 5).says("expert_used_count", 2);
    each("ffn_gate_inp", WIDTH, 5L);
    each("ffn_gate_exps", WIDTH, HIDDEN, 5L).each("ffn_up_exps", WIDTH, HIDDEN, 5L);
    return each("ffn_down_exps", HIDDEN, WIDTH, 5L);
  }

  /** One more, which all tokens go through behind a gate. */
  SmallModel sharedExpert() {
    each("ffn_gate_inp_shexp", WIDTH);
    each("ffn_gate_shexp", WIDTH, 64L).each("ffn_up_shexp", WIDTH, 64L);
    return each("ffn_down_shexp", 64L, WIDTH);
  }

  Path write(Path file, GgmlType ofMatrices) throws IOException {
    var writer = new GgufWriter();
    writer.put("general.architecture", architecture);
    metadata.forEach((key, value) -> {
      if (value instanceof Integer whole) {
        writer.put(key, whole);
      } else {
        writer.put(key, (float) value);
      }
    });
    putVocabulary(writer);
    tensors.forEach((name, shape) -> {
      boolean matrix = shape.size() > 1 && !name.contains("gate_inp");
      GgmlType type = matrix ? ofMatrices : GgmlType.F32;
      writer.tensor(
          name + ".weight", type, shape, out -> content(out, name.hashCode(), type, shape));
    });
    writer.writeTo(file);
    return file;
  }

  private static void putVocabulary(GgufWriter writer) {
    List<String> tokens = new ArrayList<>(List.of("<unk>", "<s>", "</s>"));
    List<Float> scores = new ArrayList<>(List.of(0f, 0f, 0f));
    List<Integer> types = new ArrayList<>(List.of(2, 3, 3));
    for (int i = 3; i < VOCABULARY; i++) {
      tokens.add(String.valueOf((char) ('A' + i)));
      scores.add((float) -i);
      types.add(1);
    }
    writer.put("tokenizer.ggml.model", "llama");
    writer.putTexts("tokenizer.ggml.tokens", tokens);
    writer.putFloats("tokenizer.ggml.scores", scores);
    writer.putInts("tokenizer.ggml.token_type", types);
    writer.put("tokenizer.ggml.bos_token_id", 1);
    writer.put("tokenizer.ggml.eos_token_id", 2);
    writer.put("tokenizer.ggml.unknown_token_id", 0);
  }

  /** Matrices around zero, vectors around one: factors of norms and of frequencies are positive. */
  private static void content(OutputStream out, long seed, GgmlType type, List<Long> shape)
      throws IOException {
    var random = new SplittableRandom(seed);
    boolean vector = shape.size() == 1;
    int count = Math.toIntExact(shape.stream().reduce(1L, Math::multiplyExact));
    var bytes =
        ByteBuffer.allocate(Math.toIntExact(type.bytesFor(count))).order(ByteOrder.LITTLE_ENDIAN);
    while (bytes.hasRemaining()) {
      if (type == GgmlType.F32) {
        float spread = (float) random.nextGaussian();
        bytes.putFloat(vector ? Math.max(0.2f, 1 + 0.2f * spread) : 0.15f * spread);
      } else {
        byte[] quanta = new byte[type.blockBytes() - 2];
        random.nextBytes(quanta);
        bytes.putShort(Float.floatToFloat16(0.002f)).put(quanta);
      }
    }
    out.write(bytes.array());
  }
}

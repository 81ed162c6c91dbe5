package org.millrace.inference.model;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.millrace.inference.gguf.GgmlType;
import org.millrace.inference.gguf.GgufWriter;

/** Random models of a few thousand weights, of any architecture, with one thing broken at will. */
final class TinyModel {
  static final int VOCABULARY = 40;
  static final int WIDTH = 64;
  static final int CONTEXT = 256;

  private final String architecture;
  private final TreeMap<String, List<Long>> tensors = new TreeMap<>();
  private final List<Consumer<GgufWriter>> metadata = new ArrayList<>();
  private final Map<String, Float> constants = new HashMap<>();
  private final Set<String> silent = new HashSet<>();
  private int layers = 2;
  private GgmlType type = GgmlType.F32;
  private float scale = 0.15f;

  TinyModel(String architecture) {
    this.architecture = architecture;
    tensors.put("token_embd.weight", List.of((long) WIDTH, (long) VOCABULARY));
    tensors.put("output.weight", List.of((long) WIDTH, (long) VOCABULARY));
    tensors.put("output_norm.weight", List.of((long) WIDTH));
    for (int layer = 0; layer < layers; layer++) {
      String prefix = "blk." + layer + ".";
      tensors.put(prefix + "attn_norm.weight", List.of(64L));
      tensors.put(prefix + "attn_q.weight", List.of(64L, 64L));
      tensors.put(prefix + "attn_k.weight", List.of(64L, 32L));
      tensors.put(prefix + "attn_v.weight", List.of(64L, 32L));
      tensors.put(prefix + "attn_output.weight", List.of(64L, 64L));
      tensors.put(prefix + "ffn_norm.weight", List.of(64L));
      tensors.put(prefix + "ffn_gate.weight", List.of(64L, 96L));
      tensors.put(prefix + "ffn_up.weight", List.of(64L, 96L));
      tensors.put(prefix + "ffn_down.weight", List.of(96L, 64L));
    }
  }

  TinyModel type(GgmlType ofMatrices) {
    type = ofMatrices;
    return this;
  }

  TinyModel with(String tensor, Long... shape) {
    tensors.put(tensor, List.of(shape));
    return this;
  }

  /** A vector of one value; all others are of ones. */
  TinyModel vector(String tensor, float value) {
    constants.put(tensor, value);
    return this;
  }

  /** More metadata; the key begins with the architecture's name. */
  TinyModel says(String key, float value) {
    metadata.add(writer -> writer.put(architecture + "." + key, value));
    return this;
  }

  TinyModel says(String key, int value) {
    metadata.add(writer -> writer.put(architecture + "." + key, value));
    return this;
  }

  TinyModel says(String key, String value) {
    metadata.add(writer -> writer.put(architecture + "." + key, value));
    return this;
  }

  TinyModel says(String key, List<Integer> values) {
    metadata.add(writer -> writer.putInts(architecture + "." + key, values));
    return this;
  }

  /** Leaves one of the usual keys out. */
  TinyModel silentOf(String key) {
    silent.add(architecture + "." + key);
    return this;
  }

  /** What gemma 2 and 3 have besides; heads are normed where {@code headNorms}. */
  TinyModel postNorms(boolean headNorms) {
    for (int layer = 0; layer < layers; layer++) {
      String prefix = "blk." + layer + ".";
      with(prefix + "post_attention_norm.weight", 64L).with(prefix + "post_ffw_norm.weight", 64L);
      if (headNorms) {
        with(prefix + "attn_q_norm.weight", 16L).with(prefix + "attn_k_norm.weight", 16L);
      }
    }
    return this;
  }

  /** Query, key and value in one tensor, gate and up in another. */
  TinyModel fused() {
    for (int layer = 0; layer < layers; layer++) {
      String prefix = "blk." + layer + ".";
      for (String part : List.of("attn_q", "attn_k", "attn_v", "ffn_gate")) {
        tensors.remove(prefix + part + ".weight");
      }
      tensors.put(prefix + "attn_qkv.weight", List.of(64L, 128L));
      tensors.put(prefix + "ffn_up.weight", List.of(64L, 192L));
    }
    return this;
  }

  TinyModel without(String tensor) {
    tensors.remove(tensor);
    return this;
  }

  /** Makes every matrix of values that are no numbers. */
  TinyModel withoutNumbers() {
    scale = Float.NaN;
    return this;
  }

  /** Four experts, two of them used, instead of the dense layers. */
  TinyModel experts() {
    for (int layer = 0; layer < layers; layer++) {
      String prefix = "blk." + layer + ".ffn_";
      without(prefix + "gate.weight").without(prefix + "up.weight").without(prefix + "down.weight");
      with(prefix + "gate_inp.weight", 64L, 4L);
      with(prefix + "gate_exps.weight", 64L, 32L, 4L).with(prefix + "up_exps.weight", 64L, 32L, 4L);
      with(prefix + "down_exps.weight", 32L, 64L, 4L);
    }
    return this;
  }

  /** One more expert, which all tokens go through behind a gate. */
  TinyModel sharedExpert() {
    for (int layer = 0; layer < layers; layer++) {
      String prefix = "blk." + layer + ".ffn_";
      with(prefix + "gate_inp_shexp.weight", 64L).vector(prefix + "gate_inp_shexp.weight", 0.1f);
      with(prefix + "gate_shexp.weight", 64L, 48L).with(prefix + "up_shexp.weight", 64L, 48L);
      with(prefix + "down_shexp.weight", 48L, 64L);
    }
    return this;
  }

  Path write(Path file) {
    var writer = new GgufWriter();
    putMetadata(writer);
    tensors.forEach((name, shape) -> {
      boolean matrix = shape.size() > 1 && !name.contains("gate_inp");
      GgmlType stored = matrix ? type : GgmlType.F32;
      float spread = shape.size() > 1 ? scale : 0;
      float mean = shape.size() > 1 ? 0 : constants.getOrDefault(name, 1f);
      writer.tensor(
          name, stored, shape, out -> content(out, name.hashCode(), stored, shape, mean, spread));
    });
    try {
      writer.writeTo(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return file;
  }

  private void putMetadata(GgufWriter writer) {
    writer.put("general.architecture", architecture);
    String prefix = architecture + ".";
    writer.put(prefix + "block_count", layers);
    writer.put(prefix + "embedding_length", WIDTH);
    writer.put(prefix + "context_length", CONTEXT);
    writer.put(prefix + "attention.head_count", 4);
    writer.put(prefix + "attention.head_count_kv", 2);
    if (!silent.contains(prefix + "attention.layer_norm_rms_epsilon")) {
      writer.put(prefix + "attention.layer_norm_rms_epsilon", 1e-5f);
    }
    if (!silent.contains(prefix + "attention.sliding_window")) {
      writer.put(prefix + "attention.sliding_window", 40);
    }
    if (tensors.containsKey("blk.0.ffn_gate_inp.weight")) {
      writer.put(prefix + "expert_count", 4);
      writer.put(prefix + "expert_used_count", 2);
    }
    metadata.forEach(more -> more.accept(writer));
    putVocabulary(writer);
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

  private static void content(
      OutputStream out, long seed, GgmlType type, List<Long> shape, float mean, float spread)
      throws IOException {
    var random = new SplittableRandom(seed);
    long count = shape.stream().reduce(1L, Math::multiplyExact);
    var bytes =
        ByteBuffer.allocate(Math.toIntExact(type.bytesFor(count))).order(ByteOrder.LITTLE_ENDIAN);
    while (bytes.hasRemaining()) {
      switch (type) {
        case F32 -> bytes.putFloat(mean + spread * (float) random.nextGaussian());
        case Q8_0, Q4_0 -> {
          bytes.putShort(Float.floatToFloat16(spread / (type == GgmlType.Q8_0 ? 64 : 4)));
          byte[] quanta = new byte[type.blockBytes() - 2];
          random.nextBytes(quanta);
          bytes.put(quanta);
        }
        default -> throw new IllegalArgumentException("no random " + type);
      }
    }
    out.write(bytes.array());
  }
}

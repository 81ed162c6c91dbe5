package org.millrace.demomodel.export;

import ai.djl.ndarray.NDArray;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.millrace.demomodel.bpe.Vocabulary;
import org.millrace.demomodel.train.LlamaWeights;
import org.millrace.demomodel.train.ModelShape;
import org.millrace.inference.gguf.GgmlType;
import org.millrace.inference.gguf.GgufWriter;

/**
 * Writes a trained model as a GGUF file: matrices in Q8_0, norm gains in F32, with the metadata
 * that readers of the {@code llama} architecture and of Llama 3's tokenizer expect.
 */
public final class GgufExport {
  private static final int TOKEN_TYPE_NORMAL = 1;
  private static final int TOKEN_TYPE_CONTROL = 3;
  private static final int FILE_TYPE_MOSTLY_Q8_0 = 7;

  /** Llama 3's form: each message between headers, ended by end-of-turn. */
  static final String CHAT_TEMPLATE =
      """
      {{- bos_token }}
      {%- for message in messages %}
      {{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n' }}
      {{- message['content'] | trim }}
      {{- '<|eot_id|>' }}
      {%- endfor %}
      {%- if add_generation_prompt %}
      {{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}
      {%- endif %}\
      """;

  private GgufExport() {}

  /** Writes the file. */
  public static void write(Path file, ModelShape shape, Vocabulary vocabulary, LlamaWeights weights)
      throws IOException {
    var writer = new GgufWriter();
    describe(writer, shape);
    tokenizer(writer, vocabulary);
    for (NDArray array : weights.inOrder()) {
      tensor(writer, array);
    }
    writer.writeTo(file);
  }

  private static void describe(GgufWriter writer, ModelShape shape) {
    writer
        .put("general.architecture", "llama")
        .put("general.type", "model")
        .put("general.name", "Millrace demo")
        .put("general.basename", "millrace-demo")
        .put("general.description", "A toy to try the Millrace platform with")
        .put("general.license", "apache-2.0")
        .put("general.file_type", FILE_TYPE_MOSTLY_Q8_0)
        .put("general.quantization_version", 2)
        .put("llama.vocab_size", shape.vocabularySize())
        .put("llama.context_length", shape.contextTokens())
        .put("llama.embedding_length", shape.width())
        .put("llama.block_count", shape.layers())
        .put("llama.feed_forward_length", shape.feedForwardWidth())
        .put("llama.attention.head_count", shape.heads())
        .put("llama.attention.head_count_kv", shape.kvHeads())
        .put("llama.attention.layer_norm_rms_epsilon", shape.normEpsilon())
        .put("llama.rope.dimension_count", shape.headWidth())
        .put("llama.rope.freq_base", shape.ropeBase());
  }

  private static void tokenizer(GgufWriter writer, Vocabulary vocabulary) {
    List<Integer> types =
        IntStream.range(0, vocabulary.size())
            .mapToObj(id -> vocabulary.isSpecial(id) ? TOKEN_TYPE_CONTROL : TOKEN_TYPE_NORMAL)
            .toList();
    writer
        .put("tokenizer.ggml.model", "gpt2")
        .put("tokenizer.ggml.pre", "llama-bpe")
        .putTexts("tokenizer.ggml.tokens", vocabulary.spellings())
        .putInts("tokenizer.ggml.token_type", types)
        .putTexts("tokenizer.ggml.merges", vocabulary.mergeSpellings())
        .put("tokenizer.ggml.bos_token_id", vocabulary.special(Vocabulary.BEGIN_OF_TEXT))
        .put("tokenizer.ggml.eos_token_id", vocabulary.special(Vocabulary.END_OF_TURN))
        .put("tokenizer.ggml.eot_token_id", vocabulary.special(Vocabulary.END_OF_TURN))
        .put("tokenizer.ggml.padding_token_id", vocabulary.special(Vocabulary.PADDING))
        .put("tokenizer.ggml.add_bos_token", true)
        .put("tokenizer.ggml.add_eos_token", false)
        .put("tokenizer.chat_template", CHAT_TEMPLATE);
  }

  private static void tensor(GgufWriter writer, NDArray array) {
    long[] shape = array.getShape().getShape();
    float[] values = array.toFloatArray();
    if (shape.length == 1) {
      List<Long> dimensions = List.of(shape[0]);
      writer.tensor(array.getName(), GgmlType.F32, dimensions, out -> out.write(plain(values)));
    } else {
      // The row length comes first in the file.
      List<Long> dimensions = List.of(shape[1], shape[0]);
      writer.tensor(
          array.getName(), GgmlType.Q8_0, dimensions, out -> out.write(Q8Blocks.of(values)));
    }
  }

  private static byte[] plain(float[] values) {
    var bytes = ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return bytes.array();
  }
}

import com.github.tjake.jlama.safetensors.DType;
import com.github.tjake.jlama.safetensors.SafeTensorSupport;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.Collectors;

/**
 * Writes a folder that Jlama can read: random weights in the shape of Llama 3.2 1B as safetensors of
 * BF16, quantized to four bits by Jlama itself. Needs 4 GB of disk, of which 2.5 are given back.
 *
 * <p>{@code java --add-modules=jdk.incubator.vector -cp JLAMA JlamaModel.java FOLDER}
 */
final class JlamaModel {
  private static final int LAYERS = 16;
  private static final int WIDTH = 2048;
  private static final int INNER = 8192;
  private static final int KEY_VALUE_WIDTH = 512;
  private static final int VOCABULARY = 128_256;

  private static final String CONFIG =
      """
      {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_act": "silu", "hidden_size": 2048,
       "intermediate_size": 8192, "max_position_embeddings": 8192, "num_attention_heads": 32, "num_hidden_layers": 16,
       "num_key_value_heads": 8, "rms_norm_eps": 1e-05, "rope_theta": 500000.0, "vocab_size": 128256,
       "bos_token_id": 128000, "eos_token_id": 128001, "tie_word_embeddings": true, "torch_dtype": "bfloat16"}
      """;

  /** The benchmark gives tokens by number; Jlama wants a vocabulary all the same. */
  private static final String TOKENIZER =
      """
      {"model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2}, "merges": ["a b"], "ignore_merges": false,
       "byte_fallback": false, "fuse_unk": false}}
      """;

  private JlamaModel() {}

  public static void main(String[] arguments) throws IOException {
    if (arguments.length != 1) {
      System.err.println("jlama-model: give the folder to write to");
      System.exit(2);
    }
    Path quantized = Path.of(arguments[0]);
    Path whole = Files.createTempDirectory(quantized.toAbsolutePath().getParent(), "bf16-");
    Path weights = whole.resolve("model.safetensors");
    try {
      Files.writeString(whole.resolve("config.json"), CONFIG);
      Files.writeString(whole.resolve("tokenizer.json"), TOKENIZER);
      Files.writeString(whole.resolve("README.md"), "Random weights, to measure speed with.\n");
      write(weights, tensors());
      SafeTensorSupport.quantizeModel(whole, DType.Q4, new String[0], new String[0], Optional.of(quantized));
    } finally {
      for (String name : new String[] {"model.safetensors", "config.json", "tokenizer.json", "README.md"}) {
        Files.deleteIfExists(whole.resolve(name));
      }
      Files.delete(whole);
    }
  }

  /** Names and shapes, {@code [rows, columns]} or {@code [columns]}, as Hugging Face names them. */
  private static Map<String, long[]> tensors() {
    var tensors = new LinkedHashMap<String, long[]>();
    tensors.put("model.embed_tokens.weight", new long[] {VOCABULARY, WIDTH});
    for (int layer = 0; layer < LAYERS; layer++) {
      String prefix = "model.layers." + layer + ".";
      tensors.put(prefix + "input_layernorm.weight", new long[] {WIDTH});
      tensors.put(prefix + "self_attn.q_proj.weight", new long[] {WIDTH, WIDTH});
      tensors.put(prefix + "self_attn.k_proj.weight", new long[] {KEY_VALUE_WIDTH, WIDTH});
      tensors.put(prefix + "self_attn.v_proj.weight", new long[] {KEY_VALUE_WIDTH, WIDTH});
      tensors.put(prefix + "self_attn.o_proj.weight", new long[] {WIDTH, WIDTH});
      tensors.put(prefix + "post_attention_layernorm.weight", new long[] {WIDTH});
      tensors.put(prefix + "mlp.gate_proj.weight", new long[] {INNER, WIDTH});
      tensors.put(prefix + "mlp.up_proj.weight", new long[] {INNER, WIDTH});
      tensors.put(prefix + "mlp.down_proj.weight", new long[] {WIDTH, INNER});
    }
    tensors.put("model.norm.weight", new long[] {WIDTH});
    return tensors;
  }

  private static void write(Path file, Map<String, long[]> tensors) throws IOException {
    var random = new SplittableRandom(1);
    try (var out = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      byte[] head = head(tensors).getBytes(StandardCharsets.UTF_8);
      out.write(ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(head.length).flip());
      out.write(ByteBuffer.wrap(head));
      for (long[] shape : tensors.values()) {
        write(out, shape, random);
      }
    }
  }

  /** A vector (a norm's) is all ones; a matrix is drawn evenly from -1/16 to 1/16. */
  private static void write(FileChannel out, long[] shape, SplittableRandom random) throws IOException {
    var values = ByteBuffer.allocate(1 << 20).order(ByteOrder.LITTLE_ENDIAN);
    long left = count(shape);
    while (left > 0) {
      values.clear();
      for (; left > 0 && values.hasRemaining(); left--) {
        float value = shape.length == 1 ? 1 : (float) random.nextInt(-128, 128) / 2048;
        values.putShort((short) (Float.floatToRawIntBits(value) >>> 16));
      }
      values.flip();
      while (values.hasRemaining()) {
        out.write(values);
      }
    }
  }

  private static String head(Map<String, long[]> tensors) {
    var entries = new LinkedHashMap<String, String>();
    long at = 0;
    for (var tensor : tensors.entrySet()) {
      long end = at + count(tensor.getValue()) * Short.BYTES;
      String shape = Arrays.toString(tensor.getValue());
      entries.put(
          tensor.getKey(),
          "{\"dtype\":\"BF16\",\"shape\":%s,\"data_offsets\":[%d,%d]}".formatted(shape, at, end));
      at = end;
    }
    return entries.entrySet().stream()
        .map(entry -> "\"" + entry.getKey() + "\":" + entry.getValue())
        .collect(Collectors.joining(",", "{", "}"));
  }

  private static long count(long[] shape) {
    return Arrays.stream(shape).reduce(1, Math::multiplyExact);
  }
}

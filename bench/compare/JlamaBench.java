import com.github.tjake.jlama.model.AbstractModel;
import com.github.tjake.jlama.model.ModelSupport;
import com.github.tjake.jlama.safetensors.DType;
import com.github.tjake.jlama.tensor.AbstractTensor;
import com.github.tjake.jlama.tensor.KvBufferCache;
import com.github.tjake.jlama.tensor.operations.TensorOperationsProvider;
import com.github.tjake.jlama.util.PhysicalCoreExecutor;
import java.io.File;
import java.util.Locale;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.UUID;

/**
 * Jlama's speed with a prompt and with single tokens, as llama-bench measures it: each once without
 * counting, then counted. Activations are rounded to eight bits and everything else is float32, as
 * by Jlama's own command. Prints one line of JSON.
 *
 * <p>{@code java --add-modules=jdk.incubator.vector --enable-native-access=ALL-UNNAMED -cp JLAMA
 * JlamaBench.java FOLDER PROMPT_TOKENS GEN_TOKENS THREADS}, with {@code
 * -Djlama.force_panama_tensor_operations=true} for its Java kernels.
 */
final class JlamaBench {
  private final AbstractModel model;
  private final AbstractTensor logits;

  private JlamaBench(AbstractModel model) {
    this.model = model;
    this.logits = model.makeDenseTensor(model.getConfig().vocabularySize);
  }

  public static void main(String[] arguments) {
    if (arguments.length != 4) {
      System.err.println("jlama-bench: give FOLDER PROMPT_TOKENS GEN_TOKENS THREADS");
      System.exit(2);
    }
    int promptTokens = Integer.parseInt(arguments[1]);
    int genTokens = Integer.parseInt(arguments[2]);
    PhysicalCoreExecutor.overrideThreadCount(Integer.parseInt(arguments[3]));
    try (AbstractModel model =
        ModelSupport.loadModel(new File(arguments[0]), DType.F32, DType.I8)) {
      var bench = new JlamaBench(model);
      bench.run(promptTokens, Math.min(genTokens, 4));
      double[] seconds = bench.run(promptTokens, genTokens);
      System.out.printf(
          Locale.ROOT,
          "{\"prompt_tokens_per_second\":%.3f,\"decode_tokens_per_second\":%.3f,\"kernels\":\"%s\"}%n",
          promptTokens / seconds[0],
          genTokens / seconds[1],
          TensorOperationsProvider.get().name());
    }
    // Its threads are no daemons.
    System.exit(0);
  }

  /** Returns the seconds until the first token, and those of the tokens after it. */
  private double[] run(int promptTokens, int genTokens) {
    int[] prompt =
        new SplittableRandom(1).ints(promptTokens, 0, model.getConfig().vocabularySize).toArray();
    try (var caches = new KvBufferCache(model);
        var cache = caches.getKvBuffer(UUID.randomUUID())) {
      long start = System.nanoTime();
      int token;
      try (AbstractTensor rows = model.batchForward(prompt, 0, cache)) {
        token = model.sample(rows.slice(rows.shape().first() - 1), 0, 0, logits);
      }
      long prompted = System.nanoTime();
      for (int i = 0; i < genTokens; i++) {
        try (AbstractTensor row = model.forward(token, promptTokens + i, cache, Optional.empty())) {
          token = model.sample(row, 0, 0, logits);
        }
        cache.incrementContextPosition();
      }
      return new double[] {(prompted - start) / 1e9, (System.nanoTime() - prompted) / 1e9};
    }
  }
}

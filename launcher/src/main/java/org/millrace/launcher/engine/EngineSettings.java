package org.millrace.launcher.engine;

import java.nio.file.Path;
import org.millrace.inference.api.Engine;
import org.millrace.inference.api.EngineOptions;
import org.millrace.inference.api.Engines;
import picocli.CommandLine.Option;

/** The options that every command which runs a model has. */
final class EngineSettings {
  private static final int STEP_TOKENS_MAX = 512;

  @Option(names = "--model", required = true, paramLabel = "F", description = "A GGUF file")
  Path model = Path.of("");

  @Option(names = "--threads", paramLabel = "T", description = "Threads; default: all cores")
  int threads = Runtime.getRuntime().availableProcessors();

  @Option(
      names = "--kernels",
      paramLabel = "KIND",
      description = "One of ${COMPLETION-CANDIDATES}; default: ${DEFAULT-VALUE}")
  EngineOptions.Kernels kernels = EngineOptions.Kernels.AUTO;

  @Option(
      names = "--kv-type",
      paramLabel = "TYPE",
      description =
          "How keys and values are stored, one of ${COMPLETION-CANDIDATES}; default: ${DEFAULT-VALUE}")
  EngineOptions.KvType kvType = EngineOptions.KvType.AUTO;

  @Option(
      names = "--device",
      paramLabel = "cpu|cuda|cuda:N|auto",
      description = "What runs the model; default: ${DEFAULT-VALUE}")
  String device = EngineOptions.DEVICE;

  /**
   * @param tokens room in the cache, all sequences together
   */
  Engine load(int tokens, int sequences) {
    var options =
        new EngineOptions(
            kernels,
            threads,
            0,
            tokens,
            Math.max(STEP_TOKENS_MAX, sequences),
            sequences,
            EngineOptions.PREFIX_CACHE_PERCENT,
            kvType,
            device);
    try (var patience = Patience.with("loading " + model)) {
      return Engines.load(model, options);
    }
  }
}

package org.millrace.launcher.engine;

import java.nio.file.Path;
import org.millrace.inference.api.CpuList;
import org.millrace.inference.api.Engine;
import org.millrace.inference.api.EngineOptions;
import org.millrace.inference.api.Engines;
import org.millrace.launcher.console.LaunchException;
import picocli.CommandLine.Option;

/** The options that every command which runs a model has. */
final class EngineSettings {
  static final int STEP_TOKENS = 512;

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
      paramLabel = "cpu|cuda|cuda:N|cuda:N,M|auto",
      description =
          "What runs the model; of several GPUs as few as hold it; default: ${DEFAULT-VALUE}")
  String device = EngineOptions.DEVICE;

  @Option(
      names = "--device-memory-percent",
      paramLabel = "P",
      description = "Most of a GPU's memory that is taken; default: ${DEFAULT-VALUE}")
  int deviceMemoryPercent = EngineOptions.DEVICE_MEMORY_PERCENT;

  @Option(
      names = "--cpus",
      paramLabel = "LIST",
      description =
          "Processors to keep the threads on, one each, such as 0-3,8; default: the system's choice")
  String cpus = "";

  /**
   * @param tokens room in the cache, all sequences together
   */
  Engine load(int tokens, int sequences) {
    return load(device, tokens, sequences, STEP_TOKENS);
  }

  /**
   * @param on what runs it
   * @param tokens room in the cache, all sequences together
   * @param stepTokens most tokens of a step, unless there are more sequences
   */
  Engine load(String on, int tokens, int sequences, int stepTokens) {
    var options =
        new EngineOptions(
            kernels,
            threads,
            0,
            tokens,
            Math.max(stepTokens, sequences),
            sequences,
            EngineOptions.PREFIX_CACHE_PERCENT,
            kvType,
            on,
            deviceMemoryPercent,
            cpuList());
    try (var patience = Patience.with("loading " + model)) {
      return Engines.load(
          model,
          options,
          (bytes, total) -> patience.at(total == 0 ? "" : 100 * bytes / total + "%"));
    }
  }

  private CpuList cpuList() {
    try {
      return CpuList.parse(cpus);
    } catch (IllegalArgumentException malformed) {
      throw new LaunchException("--cpus " + malformed.getMessage());
    }
  }
}

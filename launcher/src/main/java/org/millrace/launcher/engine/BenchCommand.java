package org.millrace.launcher.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.millrace.gpu.measure.KernelFloors;
import org.millrace.inference.api.Engine;
import org.millrace.inference.api.EngineOptions;
import org.millrace.inference.api.ModelFiles;
import org.millrace.inference.api.SamplingParams;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code millrace bench}. */
@Command(
    name = "bench",
    description =
        "Measure a model's speed. Each figure is the median of the runs; min and max stand beside. Prompt speed and time to the first token are taken"
            + " until every sequence has its first token; decode speed counts all sequences together; floor_ratio is decode speed in parts of what the"
            + " memory's bandwidth, probed in the same run, allows.",
    mixinStandardHelpOptions = true)
public final class BenchCommand implements Callable<Integer> {
  @Spec private @Nullable CommandSpec spec;

  @Mixin private EngineSettings settings = new EngineSettings();

  @Option(
      names = "--prompt-tokens",
      paramLabel = "N",
      description = "Tokens of each prompt; default: ${DEFAULT-VALUE}")
  private int promptTokens = 512;

  @Option(
      names = "--gen-tokens",
      paramLabel = "M",
      description = "Tokens each sequence generates; default: ${DEFAULT-VALUE}")
  private int genTokens = 64;

  @Option(
      names = "--batch",
      paramLabel = "B",
      description = "Sequences that run together; default: ${DEFAULT-VALUE}")
  private int batch = 1;

  @Option(
      names = "--step-tokens",
      paramLabel = "N",
      description = "Most tokens of a step; default: ${DEFAULT-VALUE}")
  private int stepTokens = EngineSettings.STEP_TOKENS;

  @Option(
      names = "--agreement",
      paramLabel = "N",
      description =
          "With a device other than cpu: compare its N most likely tokens after one prompt with the CPU's, too")
  private int agreement;

  @Option(names = "--repeat", paramLabel = "R", description = "Runs; default: ${DEFAULT-VALUE}")
  private int repeat = 3;

  @Option(names = "--json", description = "Print one JSON object")
  private boolean json;

  @Option(
      names = "--kernels-table",
      description =
          "With --device cuda: print each kernel's bytes, operations and time beside what the measured bandwidth allows, too")
  private boolean kernelsTable;

  /** One run's figures. */
  private record Figures(double promptSpeed, double decodeSpeed, double firstTokenMillis) {}

  @Override
  public Integer call() throws IOException {
    requirePositive("--prompt-tokens", promptTokens);
    requirePositive("--gen-tokens", genTokens);
    requirePositive("--batch", batch);
    requirePositive("--repeat", repeat);
    requirePositive("--threads", settings.threads);
    requirePositive("--step-tokens", stepTokens);
    if (agreement > 0 && settings.device.equals(EngineOptions.DEVICE)) {
      throw new ParameterException(
          java.util.Objects.requireNonNull(spec).commandLine(),
          "--agreement needs a --device other than " + EngineOptions.DEVICE);
    }
    if (kernelsTable && !settings.device.startsWith("cuda")) {
      throw new ParameterException(
          java.util.Objects.requireNonNull(spec).commandLine(),
          "--kernels-table needs --device cuda");
    }
    int room = Math.addExact(promptTokens, genTokens) + 1;
    int cache =
        Math.max(Math.multiplyExact(batch, room + 64), GreedyAgreement.room(agreement) + 64);
    try (Engine engine = settings.load(settings.device, cache, batch, stepTokens)) {
      double bandwidth = DeviceFigures.memoryBytesPerSecond(engine, settings.threads);
      var runs = new ArrayList<Figures>();
      try (var patience = Patience.with("measuring")) {
        for (int i = 0; i < repeat; i++) {
          patience.at("run " + (i + 1) + " of " + repeat);
          runs.add(run(engine, room, i));
        }
      }
      double after = DeviceFigures.memoryBytesPerSecond(engine, settings.threads);
      Map<String, Object> report = report(engine, runs, Math.max(bandwidth, after));
      if (agreement > 0) {
        report.put("greedy", compare(engine));
      }
      print(report);
    }
    return 0;
  }

  private Map<String, Object> compare(Engine engine) {
    int room = GreedyAgreement.room(agreement) + 64;
    try (Engine cpu = settings.load(EngineOptions.DEVICE, room, 1, stepTokens);
        var _ = Patience.with("comparing with the CPU")) {
      return new GreedyAgreement(engine, cpu, stepTokens).compare(agreement);
    }
  }

  private void requirePositive(String option, int value) {
    if (value < 1) {
      throw new ParameterException(
          java.util.Objects.requireNonNull(spec).commandLine(),
          option + " is " + value + "; give at least 1");
    }
  }

  private Figures run(Engine engine, int room, int seed) {
    try (var run = new Run(engine, Math.max(stepTokens, batch))) {
      var random = new SplittableRandom(seed);
      for (int i = 0; i < batch; i++) {
        int[] prompt = random.ints(promptTokens, 0, engine.model().vocabularySize()).toArray();
        run.add(prompt, room, engine.sampler(SamplingParams.greedy(), prompt));
      }
      long start = System.nanoTime();
      while (!run.promptDone()) {
        run.step();
      }
      long prompted = System.nanoTime();
      for (int i = 0; i < genTokens; i++) {
        run.step();
      }
      long ended = System.nanoTime();
      double promptSeconds = (prompted - start) / 1e9;
      return new Figures(
          (double) batch * promptTokens / promptSeconds,
          (double) batch * genTokens / ((ended - prompted) / 1e9),
          promptSeconds * 1e3);
    }
  }

  private Map<String, Object> report(Engine engine, List<Figures> runs, double bandwidth)
      throws IOException {
    var report = new LinkedHashMap<String, Object>();
    put(
        report,
        "prompt_tokens_per_second",
        runs.stream().mapToDouble(Figures::promptSpeed).toArray());
    double[] decode = runs.stream().mapToDouble(Figures::decodeSpeed).toArray();
    put(report, "decode_tokens_per_second", decode);
    put(report, "ttft_ms", runs.stream().mapToDouble(Figures::firstTokenMillis).toArray());
    double bytes = bytesPerToken(engine);
    report.put("resident_bytes", residentBytes());
    report.put("bytes_per_token", Math.round(bytes));
    report.put("bandwidth_gb_per_s", rounded(bandwidth / 1e9));
    report.put("floor_ratio", rounded(median(decode) * bytes / bandwidth));
    report.put("device", engine.device().device());
    report.put("kernels", engine.device().kernels());
    DeviceFigures.put(report, engine);
    if (kernelsTable) {
      report.put("kernels_table", KernelFloors.table(DeviceFigures.ordinal(engine)));
    }
    return report;
  }

  /**
   * Weights are read once a step for all sequences; keys and values of half the generated text on
   * average, beside the prompt's.
   */
  private double bytesPerToken(Engine engine) {
    double weights = (double) ModelFiles.weightBytesPerStep(settings.model, batch) / batch;
    return weights + (promptTokens + genTokens / 2.0) * engine.model().kvBytesPerToken();
  }

  private static void put(Map<String, Object> report, String name, double[] values) {
    report.put(name, rounded(median(values)));
    report.put(name + "_min", rounded(Arrays.stream(values).min().orElseThrow()));
    report.put(name + "_max", rounded(Arrays.stream(values).max().orElseThrow()));
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }

  private static double rounded(double value) {
    return Math.round(value * 1000) / 1000.0;
  }

  /**
   * What the process has in memory, mapped pages of the model included; the heap's size where the
   * system does not tell.
   */
  private static long residentBytes() throws IOException {
    Path status = Path.of("/proc/self/status");
    if (Files.isReadable(status)) {
      for (String line : Files.readAllLines(status)) {
        if (line.startsWith("VmRSS:")) {
          return Long.parseLong(line.replaceAll("\\D", "")) * 1024;
        }
      }
    }
    return Runtime.getRuntime().totalMemory();
  }

  private void print(Map<String, Object> report) {
    if (json) {
      Output.json(report);
    } else {
      report.forEach((name, value) -> {
        if (value instanceof List<?> table) {
          table.forEach(line -> Output.line(line.toString()));
        } else {
          Output.line("%-30s %s".formatted(name, value));
        }
      });
    }
  }
}

package org.millrace.bench;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.CommandLineOptionException;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/**
 * Runs the kernels' benchmarks, and the memory's floor beside them, and prints one Markdown table.
 * Takes JMH's own options, such as a pattern, {@code -p type=Q4_0 -p tokens=1}, {@code -t 2}.
 */
public final class KernelReport {
  private static final String FLOOR = "MemoryFloorBench";

  private KernelReport() {}

  /** Runs what the arguments select. */
  public static void main(String[] arguments) throws RunnerException, CommandLineOptionException {
    var selected = new CommandLineOptions(arguments);
    var options =
        new OptionsBuilder()
            .parent(selected)
            .include(FLOOR)
            .addProfiler(GCProfiler.class)
            .jvmArgsAppend(
                "-XX:+UseParallelGC",
                "--add-modules=jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED");
    if (selected.getIncludes().isEmpty()) {
      options.include("Bench");
    }
    if (!selected.getForkCount().hasValue()) {
      options.forks(1);
    }
    print(new Runner(options.build()).run());
  }

  private static void print(Collection<RunResult> results) {
    double floor =
        results.stream()
            .filter(result -> result.getParams().getBenchmark().contains(FLOOR))
            .mapToDouble(result -> secondary(result, "bytes"))
            .findFirst()
            .orElse(Double.NaN);
    System.out.printf("%nThe memory gave %.1f GB/s in the same run.%n%n", floor / 1e9);
    System.out.println("| benchmark | calls/s | GMAC/s | GB/s | of the floor | allocated B/call |");
    System.out.println("|---|---|---|---|---|---|");
    results.stream()
        .sorted(Comparator.comparing((RunResult result) -> name(result.getParams())))
        .forEach(result -> print(result, floor));
  }

  private static void print(RunResult result, double floor) {
    double bytes = secondary(result, "bytes");
    System.out.printf(
        "| %s | %.4g | %s | %s | %s | %.0f |%n",
        name(result.getParams()),
        result.getPrimaryResult().getScore(),
        number(secondary(result, "products") / 1e9, "%.2f"),
        number(bytes / 1e9, "%.2f"),
        number(100 * bytes / floor, "%.0f%%"),
        secondary(result, "gc.alloc.rate.norm"));
  }

  private static String number(double value, String format) {
    return Double.isNaN(value) || value == 0 ? "" : format.formatted(value);
  }

  private static double secondary(RunResult result, String label) {
    return result.getSecondaryResults().entrySet().stream()
        .filter(entry -> entry.getKey().endsWith(label))
        .map(Map.Entry::getValue)
        .mapToDouble(Result::getScore)
        .findFirst()
        .orElse(Double.NaN);
  }

  private static String name(BenchmarkParams params) {
    String benchmark = params.getBenchmark();
    List<String> parts = List.of(benchmark.split("\\."));
    return String.join(".", parts.subList(parts.size() - 2, parts.size()))
        + params.getParamsKeys().stream()
            .map(key -> " " + key + "=" + params.getParam(key))
            .collect(Collectors.joining());
  }
}

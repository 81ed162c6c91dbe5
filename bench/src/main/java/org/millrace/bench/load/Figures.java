package org.millrace.bench.load;

import java.util.Arrays;
import java.util.List;

/** A load's answers as one row of the table. */
record Figures(List<Answer> answers, long nanos) {
  static final String HEAD =
      """
      | server | clients | requests | prompt tokens each | generated tokens/s | TTFT p50 / p95 ms | between tokens p50 / p95 ms |
      |---|---|---|---|---|---|---|\
      """;

  String row(String server, int clients) {
    long generated = answers.stream().mapToLong(Answer::completionTokens).sum();
    long prompts = answers.stream().mapToLong(Answer::promptTokens).sum();
    long[] first = answers.stream().mapToLong(Answer::firstToken).sorted().toArray();
    long[] gaps = answers.stream().flatMapToLong(a -> Arrays.stream(a.gaps())).sorted().toArray();
    return "| %s | %d | %d | %d | %.1f | %s | %s |"
        .formatted(
            server,
            clients,
            answers.size(),
            prompts / answers.size(),
            generated * 1e9 / nanos,
            millis(first),
            millis(gaps));
  }

  private static String millis(long[] sorted) {
    return sorted.length == 0
        ? "none"
        : "%.0f / %.0f".formatted(at(sorted, 0.50) / 1e6, at(sorted, 0.95) / 1e6);
  }

  private static double at(long[] sorted, double share) {
    return sorted[(int) Math.min(sorted.length - 1, Math.round(share * (sorted.length - 1)))];
  }
}

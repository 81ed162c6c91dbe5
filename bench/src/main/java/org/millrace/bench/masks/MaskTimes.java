package org.millrace.bench.masks;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import org.millrace.inference.api.ConstraintState;
import org.millrace.inference.api.Constraints;
import org.millrace.inference.api.ModelFiles;
import org.millrace.inference.api.OutputFormat;
import org.millrace.inference.api.Tokenizer;

/**
 * Measures every step of generations that draw at random from the allowed tokens. {@code first} is
 * the first request with a format never seen before, {@code again} the next request with it.
 *
 * <p>Arguments: a GGUF file with the vocabulary, and how many rounds to measure.
 */
public final class MaskTimes {
  private static final int STEPS_MAX = 200;
  private static final int ROUNDS_TO_WARM_UP = 30;

  private final Tokenizer tokenizer;
  private final Constraints constraints;
  private final Random random = new Random(42);
  private final Map<String, Times> found = new LinkedHashMap<>();

  private MaskTimes(Path file) {
    tokenizer = ModelFiles.tokenizer(file);
    constraints = Constraints.of(tokenizer);
  }

  /** Times in nanoseconds, by what was done. */
  private static final class Times {
    private final Samples compile = new Samples();
    private final Samples first = new Samples();
    private final Samples again = new Samples();
    private final Samples apply = new Samples();
  }

  private static final class Samples {
    private long[] nanos = new long[1_024];
    private int count;

    void add(long value) {
      if (count == nanos.length) {
        nanos = Arrays.copyOf(nanos, count * 2);
      }
      nanos[count++] = value;
    }

    double micros(double quantile) {
      long[] sorted = Arrays.copyOf(nanos, count);
      Arrays.sort(sorted);
      return sorted[(int) Math.min(count - 1, Math.floor(quantile * count))] / 1e3;
    }
  }

  public static void main(String[] arguments) throws IOException {
    var times = new MaskTimes(Path.of(arguments[0]));
    int rounds = Integer.parseInt(arguments[1]);
    for (int round = 0; round < ROUNDS_TO_WARM_UP; round++) {
      times.round(round);
    }
    times.found.clear();
    for (int round = 0; round < rounds; round++) {
      times.round(ROUNDS_TO_WARM_UP + round);
    }
    times.print();
  }

  private void round(int round) {
    Cases.of(round)
        .forEach((name, format) -> {
          Times times = found.computeIfAbsent(name, unused -> new Times());
          long start = System.nanoTime();
          constraints.compile(format);
          times.compile.add(System.nanoTime() - start);
          generate(format, times.first, times.apply);
          generate(format, times.again, times.apply);
        });
  }

  private void generate(OutputFormat format, Samples samples, Samples apply) {
    ConstraintState state = constraints.compile(format).start();
    float[] logits = new float[tokenizer.vocabularySize()];
    for (int step = 0; step < STEPS_MAX; step++) {
      Arrays.fill(logits, 0);
      long start = System.nanoTime();
      state.allows(0);
      long looked = System.nanoTime();
      int allowed = state.mask(logits);
      long applied = System.nanoTime();
      samples.add(looked - start);
      apply.add(applied - looked);
      int token = draw(logits, allowed);
      if (tokenizer.endsGeneration(token)) {
        return;
      }
      state.advance(token);
    }
  }

  private int draw(float[] logits, int allowed) {
    int wanted = random.nextInt(allowed);
    for (int token = 0; token < logits.length; token++) {
      if (logits[token] == 0 && wanted-- == 0) {
        return token;
      }
    }
    throw new IllegalStateException("the mask counts more tokens than it leaves");
  }

  private void print() {
    System.out.printf("%d tokens%n", tokenizer.vocabularySize());
    System.out.println(
        "| format | compile p50 ms | steps | first p50 us | p99 us | max us | again p50 us | p99 us | apply p50 us |");
    System.out.println("|---|---|---|---|---|---|---|---|---|");
    found.forEach((name, times) ->
        System.out.printf(
            Locale.ROOT,
            "| %s | %.1f | %d | %.1f | %.1f | %.1f | %.1f | %.1f | %.1f |%n",
            name,
            times.compile.micros(0.5) / 1e3,
            times.first.count,
            times.first.micros(0.5),
            times.first.micros(0.99),
            times.first.micros(1),
            times.again.micros(0.5),
            times.again.micros(0.99),
            times.apply.micros(0.5)));
  }
}

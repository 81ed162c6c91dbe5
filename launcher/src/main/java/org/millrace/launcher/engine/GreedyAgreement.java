package org.millrace.launcher.engine;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.millrace.inference.api.Engine;
import org.millrace.inference.api.SampledToken;
import org.millrace.inference.api.Sampler;
import org.millrace.inference.api.SamplingParams;

/**
 * Whether a device and the CPU say the same: the most likely tokens after one prompt, one after the
 * other. Where they part, rounding must explain it: the two tokens' logits on the CPU are no
 * further from each other than four times the root mean square of how far the device's logits lie
 * from the CPU's, and that is itself little beside how far the CPU's logits differ among
 * themselves.
 */
final class GreedyAgreement {
  private static final int PROMPT_TOKENS = 64;
  private static final int ROUNDING = 4;
  private static final double RELATIVE_ERROR_MAX = 0.1;

  private final Engine device;
  private final Engine cpu;
  private final int stepTokensMax;

  GreedyAgreement(Engine device, Engine cpu, int stepTokensMax) {
    this.device = device;
    this.cpu = cpu;
    this.stepTokensMax = stepTokensMax;
  }

  /** Room in the cache that it needs. */
  static int room(int tokens) {
    return PROMPT_TOKENS + tokens + 1;
  }

  /**
   * Compares so many tokens; how many are equal, and what is to be said of the first that is not.
   */
  Map<String, Object> compare(int tokens) {
    int[] prompt =
        new SplittableRandom(1).ints(PROMPT_TOKENS, 0, device.model().vocabularySize()).toArray();
    int[] found = greedy(device, prompt, tokens);
    int[] expected = greedy(cpu, prompt, tokens);
    int equal = 0;
    while (equal < tokens && found[equal] == expected[equal]) {
      equal++;
    }
    int[] known = Arrays.copyOf(prompt, PROMPT_TOKENS + equal);
    System.arraycopy(expected, 0, known, PROMPT_TOKENS, equal);
    float[] right = logits(cpu, known);
    double error = rootMeanSquare(right, logits(device, known));
    double relative = error / deviation(right);
    double gap = equal == tokens ? 0 : Math.abs(right[expected[equal]] - right[found[equal]]);
    var result = new LinkedHashMap<String, Object>();
    result.put("tokens", tokens);
    result.put("equal", equal);
    result.put("relative_error", relative);
    result.put("logit_gap", gap);
    result.put("tolerance", ROUNDING * error);
    result.put("agrees", gap <= ROUNDING * error && relative <= RELATIVE_ERROR_MAX);
    return result;
  }

  private int[] greedy(Engine engine, int[] prompt, int count) {
    List<Integer> drawn = new ArrayList<>();
    try (var run = new Run(engine, stepTokensMax)) {
      run.add(prompt, room(count), engine.sampler(SamplingParams.greedy(), prompt));
      while (drawn.size() < count) {
        run.step().getFirst().forEach(token -> drawn.add(token.token()));
      }
    }
    return drawn.stream().limit(count).mapToInt(Integer::intValue).toArray();
  }

  private float[] logits(Engine engine, int[] tokens) {
    var keeper = new Keeper();
    try (var run = new Run(engine, stepTokensMax)) {
      run.add(tokens, tokens.length, keeper);
      while (run.waiting() > 0) {
        run.step();
      }
    }
    return keeper.kept;
  }

  private static double deviation(float[] logits) {
    double sum = 0;
    for (float logit : logits) {
      sum += logit;
    }
    float[] mean = new float[logits.length];
    Arrays.fill(mean, (float) (sum / logits.length));
    return rootMeanSquare(logits, mean);
  }

  private static double rootMeanSquare(float[] a, float[] b) {
    double squares = 0;
    for (int i = 0; i < a.length; i++) {
      squares += ((double) a[i] - b[i]) * ((double) a[i] - b[i]);
    }
    return Math.sqrt(squares / a.length);
  }

  /** Keeps the logits it is shown. */
  private static final class Keeper implements Sampler {
    private float[] kept = {};

    @Override
    public SampledToken sample(float[] logits) {
      kept = logits.clone();
      return new SampledToken(0, Float.NaN, List.of());
    }
  }
}

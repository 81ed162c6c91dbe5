package org.millrace.inference.sampling;

import java.util.ArrayList;
import java.util.List;
import org.millrace.inference.api.SampledToken.TokenLogprob;

/** Log-probabilities under the model's own distribution. */
final class Logprobs {
  private Logprobs() {}

  /** The logarithm of the sum of {@code e^logit}: what to subtract from a logit. */
  static double normalizer(float[] logits, int count) {
    float largest = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < count; i++) {
      largest = Math.max(largest, logits[i]);
    }
    return normalizer(largest, FixedWeights.sum(logits, count, largest, 1));
  }

  /**
   * @param weights the sum of all logits' weights at temperature 1
   */
  static double normalizer(float largest, long weights) {
    return largest + Math.log((double) weights / FixedWeights.ONE);
  }

  /** The most likely tokens, most likely first; of equals the one with the lower id first. */
  static List<TokenLogprob> top(float[] logits, int count, int wanted, double normalizer) {
    int[] best = new int[Math.min(wanted, count)];
    int size = 0;
    for (int token = 0; token < count && best.length > 0; token++) {
      if (size == best.length && !(logits[token] > logits[best[size - 1]])) {
        continue;
      }
      int at = size == best.length ? size - 1 : size++;
      while (at > 0 && logits[token] > logits[best[at - 1]]) {
        best[at] = best[at - 1];
        at--;
      }
      best[at] = token;
    }
    List<TokenLogprob> top = new ArrayList<>(best.length);
    for (int token : best) {
      top.add(new TokenLogprob(token, (float) (logits[token] - normalizer)));
    }
    return top;
  }
}

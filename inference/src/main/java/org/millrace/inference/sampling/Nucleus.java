package org.millrace.inference.sampling;

import java.util.Arrays;
import org.millrace.inference.api.SamplingParams;

/**
 * Temperature, top-k, top-p (Holtzman et al. 2020, section 3.1) and min-p, and the draw from what
 * they leave. Top-p counts probabilities among the k that are left.
 */
final class Nucleus {
  private final SamplingParams params;
  private float[] weights = new float[0];
  private long[] candidates = new long[256];
  private int size;

  Nucleus(SamplingParams params) {
    this.params = params;
  }

  /**
   * @param chance in [0, 1): which part of the distribution to draw
   */
  int draw(float[] logits, int count, double chance) {
    double total = weigh(logits, count);
    boolean filtered = params.topP() < 1 || params.minP() > 0;
    boolean limited = params.topK() > 0 && params.topK() < count;
    if (!filtered && !limited) {
      return drawInOrder(count, chance * total);
    }
    if (limited) {
      keepLargest(count, params.topK());
      return drawSorted(sumOfCandidates(), chance);
    }
    // All that lie below this weigh no more than 1 - topP together, so none of them is kept.
    double least = (1.0 - params.topP()) * total / count;
    keepAbove(count, Math.max(least * 0.999, 0));
    return drawSorted(total, chance);
  }

  /** Probabilities up to a factor: 1 for the most likely. Returns their sum. */
  private double weigh(float[] logits, int count) {
    if (weights.length < count) {
      weights = new float[count];
    }
    float largest = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < count; i++) {
      largest = Math.max(largest, logits[i]);
    }
    double total = 0;
    for (int i = 0; i < count; i++) {
      double scaled = ((double) logits[i] - largest) / params.temperature();
      weights[i] = scaled < -100 ? 0 : (float) Math.exp(scaled);
      total += weights[i];
    }
    return total;
  }

  private int drawInOrder(int count, double target) {
    double sum = 0;
    int last = 0;
    for (int i = 0; i < count; i++) {
      if (weights[i] > 0) {
        sum += weights[i];
        last = i;
        if (sum > target) {
          return i;
        }
      }
    }
    return last;
  }

  private void keepAbove(int count, double least) {
    size = 0;
    for (int i = 0; i < count; i++) {
      if (weights[i] > least) {
        if (size == candidates.length) {
          candidates = Arrays.copyOf(candidates, size * 2);
        }
        candidates[size++] = pack(i);
      }
    }
    Arrays.sort(candidates, 0, size);
  }

  /** Keeps the k heaviest, in a heap whose root is the lightest of them. */
  private void keepLargest(int count, int k) {
    if (candidates.length < k) {
      candidates = new long[k];
    }
    size = 0;
    for (int i = 0; i < count; i++) {
      long packed = pack(i);
      if (size < k) {
        candidates[size++] = packed;
        if (size == k) {
          Arrays.sort(candidates, 0, k);
        }
      } else if (packed > candidates[0]) {
        sink(packed);
      }
    }
    Arrays.sort(candidates, 0, size);
  }

  private void sink(long packed) {
    int at = 0;
    for (int child = 1; child < size; child = 2 * at + 1) {
      if (child + 1 < size && candidates[child + 1] < candidates[child]) {
        child++;
      }
      if (packed <= candidates[child]) {
        break;
      }
      candidates[at] = candidates[child];
      at = child;
    }
    candidates[at] = packed;
  }

  /** Weight above, id below and inverted: sorted upwards, the lower id of equals comes last. */
  private long pack(int token) {
    return ((long) Float.floatToRawIntBits(weights[token]) << 32) | (0x7fffffff - token);
  }

  private double sumOfCandidates() {
    double sum = 0;
    for (int i = size - 1; i >= 0; i--) {
      sum += weights[token(i)];
    }
    return sum;
  }

  private int drawSorted(double total, double chance) {
    float heaviest = weights[token(size - 1)];
    double wanted = params.topP() < 1 ? params.topP() * total : Double.POSITIVE_INFINITY;
    double kept = heaviest;
    int first = size - 1;
    while (first > 0 && kept < wanted) {
      float weight = weights[token(first - 1)];
      if (weight == 0 || weight < params.minP() * heaviest) {
        break;
      }
      kept += weight;
      first--;
    }
    return drawFrom(first, chance * kept);
  }

  private int drawFrom(int first, double target) {
    double sum = 0;
    for (int i = size - 1; i >= first; i--) {
      sum += weights[token(i)];
      if (sum > target) {
        return token(i);
      }
    }
    return token(first);
  }

  private int token(int candidate) {
    return 0x7fffffff - (int) candidates[candidate];
  }
}

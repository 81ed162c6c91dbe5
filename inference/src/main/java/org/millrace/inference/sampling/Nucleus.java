package org.millrace.inference.sampling;

import java.util.Arrays;
import org.millrace.inference.api.SamplingParams;

/**
 * Temperature, top-k, top-p (Holtzman et al. 2020, section 3.1) and min-p, and the draw from what
 * they leave. Top-p counts probabilities among the k that are left.
 *
 * <p>Tokens have an order: the larger logit first, of equals the lower id. What is kept is a
 * beginning of it, and a draw walks it; without filters the draw walks the ids. {@code sample.cuh}
 * does the same on a GPU and gets the same token.
 */
final class Nucleus {
  private final SamplingParams params;
  private long[] weights = new long[0];
  private long[] candidates = new long[256];
  private int size;

  Nucleus(SamplingParams params) {
    this.params = params;
  }

  /**
   * @param chance in [0, 1): which part of the distribution to draw
   */
  int draw(float[] logits, int count, double chance) {
    float largest = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < count; i++) {
      largest = Math.max(largest, logits[i]);
    }
    if (weights.length < count) {
      weights = new long[count];
    }
    if (params.topK() > 0 && params.topK() < count) {
      keepFirst(logits, count, params.topK());
      return drawSorted(weighCandidates(logits, largest), chance);
    }
    long total = weigh(logits, count, largest);
    if (params.topP() == 1 && params.minP() == 0) {
      return drawInOrder(count, FixedWeights.target(chance, total));
    }
    // All that weigh less than this weigh no more than 1 - topP together, so none of them is kept.
    double least = (1.0 - params.topP()) * total / count;
    keepAbove(logits, count, (long) (least * 0.999));
    return drawSorted(total, chance);
  }

  private long weigh(float[] logits, int count, float largest) {
    long total = 0;
    for (int i = 0; i < count; i++) {
      weights[i] = weight(logits[i], largest);
      total += weights[i];
    }
    return total;
  }

  private long weighCandidates(float[] logits, float largest) {
    long total = 0;
    for (int i = 0; i < size; i++) {
      int token = token(i);
      weights[token] = weight(logits[token], largest);
      total += weights[token];
    }
    return total;
  }

  private long weight(float logit, float largest) {
    return FixedWeights.of(((double) logit - largest) / params.temperature());
  }

  private int drawInOrder(int count, long target) {
    long sum = 0;
    for (int i = 0; i < count; i++) {
      sum += weights[i];
      if (sum > target) {
        return i;
      }
    }
    throw new IllegalStateException("a target beyond all weights");
  }

  private void keepAbove(float[] logits, int count, long least) {
    size = 0;
    for (int i = 0; i < count; i++) {
      if (weights[i] > least) {
        if (size == candidates.length) {
          candidates = Arrays.copyOf(candidates, size * 2);
        }
        candidates[size++] = pack(i, logits[i]);
      }
    }
    Arrays.sort(candidates, 0, size);
  }

  /** Keeps the first k, in a heap whose root is the last of them. */
  private void keepFirst(float[] logits, int count, int k) {
    if (candidates.length < k) {
      candidates = new long[k];
    }
    size = 0;
    for (int i = 0; i < count; i++) {
      long packed = pack(i, logits[i]);
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

  /** Sorted upwards, the larger logit comes last, and of equals the lower id. */
  private static long pack(int token, float logit) {
    // Minus zero becomes zero; negative numbers are turned round, so that integers order them.
    int bits = Float.floatToRawIntBits(logit + 0f);
    int ordered = bits < 0 ? bits ^ 0x7fffffff : bits;
    return ((long) ordered << 32) | (0x7fffffff - token);
  }

  private int drawSorted(long total, double chance) {
    long wanted =
        params.topP() < 1 ? (long) Math.ceil(params.topP() * (double) total) : Long.MAX_VALUE;
    long least = (long) Math.ceil(params.minP() * (double) FixedWeights.ONE);
    long kept = weights[token(size - 1)];
    int first = size - 1;
    while (first > 0 && kept < wanted) {
      long weight = weights[token(first - 1)];
      if (weight == 0 || weight < least) {
        break;
      }
      kept += weight;
      first--;
    }
    return drawFrom(first, FixedWeights.target(chance, kept));
  }

  private int drawFrom(int first, long target) {
    long sum = 0;
    for (int i = size - 1; i >= first; i--) {
      sum += weights[token(i)];
      if (sum > target) {
        return token(i);
      }
    }
    throw new IllegalStateException("a target beyond what was kept");
  }

  private int token(int candidate) {
    return 0x7fffffff - (int) candidates[candidate];
  }
}

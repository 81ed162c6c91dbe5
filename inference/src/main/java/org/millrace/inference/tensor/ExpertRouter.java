package org.millrace.inference.tensor;

import java.util.Arrays;

/**
 * Chooses each token's experts and lists the tokens by expert, so that an expert's weights are read
 * once for all its tokens, and those of experts nobody chose not at all.
 */
final class ExpertRouter {
  private final int experts;
  private final int used;
  private final boolean scaled;
  private final double[] probabilities;
  private final int[] chosen;
  private final float[] shares;
  private final int[] slots;
  private final int[] firstSlots;
  private final int[] nextSlots;

  ExpertRouter(int rowsMax, ExpertWeights shape) {
    this.experts = shape.count();
    this.used = shape.used();
    this.scaled = shape.scaled();
    this.probabilities = new double[experts];
    this.chosen = new int[rowsMax * used];
    this.shares = new float[rowsMax * used];
    this.slots = new int[rowsMax * used];
    this.firstSlots = new int[experts + 1];
    this.nextSlots = new int[experts];
  }

  int used() {
    return used;
  }

  int experts() {
    return experts;
  }

  boolean scaled() {
    return scaled;
  }

  /** Routes rows by their logits {@code [rows, experts]}. */
  void route(long logits, int rows) {
    Arrays.fill(firstSlots, 0);
    for (int row = 0; row < rows; row++) {
      routeRow(logits + 4L * row * experts, row);
    }
    for (int expert = 0; expert < experts; expert++) {
      firstSlots[expert + 1] += firstSlots[expert];
    }
    System.arraycopy(firstSlots, 0, nextSlots, 0, experts);
    for (int i = 0; i < rows * used; i++) {
      slots[i] = nextSlots[chosen[i]]++;
    }
  }

  private void routeRow(long logits, int row) {
    float largest = Float.NEGATIVE_INFINITY;
    for (int expert = 0; expert < experts; expert++) {
      largest = Math.max(largest, Memory.getFloat(logits + 4L * expert));
    }
    double all = 0;
    for (int expert = 0; expert < experts; expert++) {
      probabilities[expert] = Math.exp((double) Memory.getFloat(logits + 4L * expert) - largest);
      all += probabilities[expert];
    }
    double sum = 0;
    for (int i = row * used; i < (row + 1) * used; i++) {
      int best = mostLikely();
      chosen[i] = best;
      shares[i] = (float) probabilities[best];
      sum += probabilities[best];
      probabilities[best] = -1;
      firstSlots[best + 1]++;
    }
    double whole = scaled ? sum : all;
    for (int i = row * used; i < (row + 1) * used; i++) {
      shares[i] = (float) (shares[i] / whole);
    }
  }

  private int mostLikely() {
    int best = 0;
    for (int expert = 1; expert < experts; expert++) {
      if (probabilities[expert] > probabilities[best]) {
        best = expert;
      }
    }
    return best;
  }

  /** How many rows chose an expert. */
  int rowsOf(int expert) {
    return firstSlots[expert + 1] - firstSlots[expert];
  }

  /** Where an expert's rows begin in the list by expert. */
  int firstSlot(int expert) {
    return firstSlots[expert];
  }

  /** Where a row's n-th expert put it in the list by expert. */
  int slot(int row, int n) {
    return slots[row * used + n];
  }

  /** The share of a row's n-th expert. */
  float share(int row, int n) {
    return shares[row * used + n];
  }
}

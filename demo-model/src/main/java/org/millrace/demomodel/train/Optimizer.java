package org.millrace.demomodel.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import java.util.ArrayList;
import java.util.List;

/**
 * Applies gradients: Muon to the matrices inside the blocks, AdamW to embedding, output and norm
 * gains. The gradient's global norm is clipped, and each gradient is cleared after use. A gradient
 * that is no finite number changes nothing. Not thread-safe.
 */
final class Optimizer {
  private static final float GRADIENT_NORM_MAX = 1.0f;
  private static final float TABLE_DECAY = 0.05f;
  private static final float GAIN_DECAY = 0f;
  // Tables learn faster: most of their rows are touched by few steps only.
  private static final float ADAMW_RATE_SCALE = 2f;

  private static final NDIndex EVERYTHING = new NDIndex("...");

  private record Slot(NDArray weight, UpdateRule rule, float rateScale) {}

  private final List<Slot> slots = new ArrayList<>();
  private int steps;

  Optimizer(List<NDArray> weights, NDManager manager) {
    for (NDArray weight : weights) {
      slots.add(slot(weight, manager));
    }
  }

  private static Slot slot(NDArray weight, NDManager manager) {
    boolean matrix = weight.getShape().dimension() > 1;
    if (matrix && weight.getName().startsWith("blk.")) {
      return new Slot(weight, new Muon(weight.getShape(), manager), 1f);
    }
    float decay = matrix ? TABLE_DECAY : GAIN_DECAY;
    return new Slot(weight, new AdamW(weight.getShape(), decay, manager), ADAMW_RATE_SCALE);
  }

  /**
   * Applies the gradients that the last backward pass left, unless their norm is infinite or no
   * number: weights would then be lost for good.
   *
   * @return their norm before clipping
   */
  float step(float rate, NDManager scratch) {
    List<NDArray> gradients = new ArrayList<>();
    float sum = 0;
    for (Slot slot : slots) {
      NDArray gradient = slot.weight().getGradient();
      gradient.attach(scratch);
      gradients.add(gradient);
      sum += gradient.square().sum().getFloat();
    }
    float norm = (float) Math.sqrt(sum);
    if (Float.isFinite(norm)) {
      apply(gradients, norm, rate);
    }
    // Not by multiplying, as 0 times no number is no number.
    gradients.forEach(gradient -> gradient.set(EVERYTHING, 0f));
    return norm;
  }

  private void apply(List<NDArray> gradients, float norm, float rate) {
    steps++;
    float clip = norm > GRADIENT_NORM_MAX ? GRADIENT_NORM_MAX / norm : 1f;
    for (int i = 0; i < slots.size(); i++) {
      NDArray gradient = gradients.get(i).muli(clip);
      Slot slot = slots.get(i);
      slot.rule().apply(slot.weight(), gradient, rate * slot.rateScale(), steps);
    }
  }
}

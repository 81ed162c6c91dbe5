package org.millrace.demomodel.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.List;

/**
 * Applies gradients: Muon to the matrices inside the blocks, AdamW to embedding, output and norm
 * gains. The gradient's global norm is clipped, and each gradient is cleared after use. Not
 * thread-safe.
 */
final class Optimizer {
  private static final float GRADIENT_NORM_MAX = 1.0f;
  private static final float TABLE_DECAY = 0.05f;
  private static final float GAIN_DECAY = 0f;

  private record Slot(NDArray weight, UpdateRule rule) {}

  private final List<Slot> slots = new ArrayList<>();
  private int steps;

  Optimizer(List<NDArray> weights, NDManager manager) {
    for (NDArray weight : weights) {
      slots.add(new Slot(weight, rule(weight, manager)));
    }
  }

  private static UpdateRule rule(NDArray weight, NDManager manager) {
    if (weight.getShape().dimension() == 1) {
      return new AdamW(weight.getShape(), GAIN_DECAY, manager);
    }
    return weight.getName().startsWith("blk.")
        ? new Muon(weight.getShape(), manager)
        : new AdamW(weight.getShape(), TABLE_DECAY, manager);
  }

  /** Applies the gradients that the last backward pass left; returns their norm before clipping. */
  float step(float rate, NDManager scratch) {
    steps++;
    List<NDArray> gradients = new ArrayList<>();
    float sum = 0;
    for (Slot slot : slots) {
      NDArray gradient = slot.weight().getGradient();
      gradient.attach(scratch);
      gradients.add(gradient);
      sum += gradient.square().sum().getFloat();
    }
    float norm = (float) Math.sqrt(sum);
    float clip = norm > GRADIENT_NORM_MAX ? GRADIENT_NORM_MAX / norm : 1f;
    for (int i = 0; i < slots.size(); i++) {
      NDArray gradient = gradients.get(i).muli(clip);
      slots.get(i).rule().apply(slots.get(i).weight(), gradient, rate, steps);
      gradient.muli(0);
    }
    return norm;
  }
}

package org.millrace.demomodel.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.List;

/**
 * AdamW (Loshchilov and Hutter 2019, algorithm 2) with clipping of the gradient's global norm.
 *
 * <p>Weight decay touches matrices only, not norm gains. Clears each gradient after use. Not
 * thread-safe.
 */
final class AdamW {
  private static final float MOMENT_DECAY = 0.9f;
  private static final float SQUARE_DECAY = 0.98f;
  private static final float EPSILON = 1e-8f;
  private static final float WEIGHT_DECAY = 0.05f;
  private static final float GRADIENT_NORM_MAX = 1.0f;

  private record Slot(NDArray weight, NDArray moment, NDArray square, boolean decays) {}

  private final List<Slot> slots = new ArrayList<>();
  private int steps;

  AdamW(List<NDArray> weights, NDManager manager) {
    for (NDArray weight : weights) {
      NDArray moment = manager.zeros(weight.getShape());
      NDArray square = manager.zeros(weight.getShape());
      slots.add(new Slot(weight, moment, square, weight.getShape().dimension() > 1));
    }
  }

  /** Applies the gradients that the last backward pass left; returns their norm before clipping. */
  float step(float learningRate, NDManager scratch) {
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
      update(slots.get(i), gradients.get(i), clip, learningRate);
    }
    return norm;
  }

  private void update(Slot slot, NDArray gradient, float clip, float learningRate) {
    float momentScale = (float) (1 - Math.pow(MOMENT_DECAY, steps));
    float squareScale = (float) (1 - Math.pow(SQUARE_DECAY, steps));
    gradient.muli(clip);
    slot.moment().muli(MOMENT_DECAY).addi(gradient.mul(1 - MOMENT_DECAY));
    slot.square().muli(SQUARE_DECAY).addi(gradient.square().muli(1 - SQUARE_DECAY));
    // Closed at once: they would otherwise live as long as the moments, from which they are made.
    try (NDArray scaled = slot.square().div(squareScale);
        NDArray root = scaled.sqrt();
        NDArray change = slot.moment().div(root.addi(EPSILON))) {
      if (slot.decays()) {
        slot.weight().muli(1 - learningRate * WEIGHT_DECAY);
      }
      slot.weight().subi(change.muli(learningRate / momentScale));
    }
    gradient.muli(0);
  }
}

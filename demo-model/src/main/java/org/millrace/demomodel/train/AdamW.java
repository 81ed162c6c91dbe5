package org.millrace.demomodel.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;

/** AdamW (Loshchilov and Hutter 2019, algorithm 2). */
final class AdamW implements UpdateRule {
  private static final float MOMENT_DECAY = 0.9f;
  private static final float SQUARE_DECAY = 0.98f;
  private static final float EPSILON = 1e-8f;

  private final NDArray moment;
  private final NDArray square;
  private final float weightDecay;

  AdamW(Shape shape, float weightDecay, NDManager manager) {
    this.moment = manager.zeros(shape);
    this.square = manager.zeros(shape);
    this.weightDecay = weightDecay;
  }

  @Override
  public void apply(NDArray weight, NDArray gradient, float rate, int step) {
    float momentScale = (float) (1 - Math.pow(MOMENT_DECAY, step));
    float squareScale = (float) (1 - Math.pow(SQUARE_DECAY, step));
    moment.muli(MOMENT_DECAY).addi(gradient.mul(1 - MOMENT_DECAY));
    square.muli(SQUARE_DECAY).addi(gradient.square().muli(1 - SQUARE_DECAY));
    // Closed at once: they would otherwise live as long as the moments, from which they are made.
    try (NDArray scaled = square.div(squareScale);
        NDArray root = scaled.sqrt();
        NDArray change = moment.div(root.addi(EPSILON))) {
      weight.muli(1 - rate * weightDecay);
      weight.subi(change.muli(rate / momentScale));
    }
  }
}

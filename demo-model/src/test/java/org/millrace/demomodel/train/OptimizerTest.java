package org.millrace.demomodel.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class OptimizerTest {
  private static final float[] START = {1, 2, 3, 4};

  private final NDManager manager = NDManager.newBaseManager();
  private final NDArray weight = weight();
  private final Optimizer optimizer = new Optimizer(List.of(weight), manager);

  private NDArray weight() {
    NDArray array = manager.create(START, new Shape(2, 2));
    array.setName("blk.0.attn_q.weight");
    array.setRequiresGradient(true);
    return array;
  }

  @AfterEach
  void close() {
    manager.close();
  }

  @Test
  void aFiniteGradientChangesTheWeights() {
    assertEquals(2f, step(1), 1e-6f);
    for (int i = 0; i < START.length; i++) {
      assertTrue(weight.toFloatArray()[i] < START[i], "weight " + i + " went against its gradient");
    }
  }

  @Test
  void aGradientThatIsNoNumberChangesNothing() {
    assertTrue(Float.isNaN(step(Float.NaN)));
    assertArrayEquals(START, weight.toFloatArray());
  }

  @Test
  void aGradientThatIsNoNumberIsForgotten() {
    step(Float.NaN);
    assertEquals(2f, step(1), 1e-6f);
  }

  /** One step down a loss whose gradient is {@code slope} for each of the four weights. */
  private float step(float slope) {
    try (NDManager scratch = manager.newSubManager()) {
      try (var collector = Engine.getInstance().newGradientCollector()) {
        NDArray loss = weight.mul(scratch.create(slope)).sum();
        loss.attach(scratch);
        collector.backward(loss);
      }
      return optimizer.step(0.01f, scratch);
    }
  }
}

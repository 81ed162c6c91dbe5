package org.millrace.demomodel.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDManager;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TrainerTest {
  private static final ModelShape SMALL = new ModelShape(50, 32, 1, 2, 1, 32, 384, 10_000f, 1e-5f);
  private static final CosineBudget FIVE_STEPS = new CosineBudget(5, Duration.ofHours(1), 1e-3f);

  private final NDManager manager = NDManager.newBaseManager();
  private final LlamaWeights weights = LlamaWeights.random(SMALL, manager, new SplittableRandom(5));
  private final Trainer trainer =
      new Trainer(SMALL, weights, TrainerTest::sample, manager, InstantSource.fixed(Instant.EPOCH));

  @AfterEach
  void close() {
    manager.close();
  }

  @Test
  void aFewStepsLowerTheLoss() {
    var losses = new double[5];
    var last =
        trainer.train(FIVE_STEPS, progress -> losses[(int) progress.step() - 1] = progress.loss());
    assertEquals(5, last.step());
    assertTrue(losses[4] < losses[0], () -> Arrays.toString(losses));
  }

  @Test
  void weightsThatAreNoNumbersEndTheTraining() {
    weights.array("output_norm.weight").muli(Float.NaN);
    var error =
        assertThrows(IllegalStateException.class, () -> trainer.train(FIVE_STEPS, progress -> {}));
    assertTrue(error.toString().contains("after step 0"), error.toString());
  }

  private static Sample sample() {
    var tokens = new int[40];
    var taught = new boolean[40];
    for (int i = 0; i < 40; i++) {
      tokens[i] = i;
      taught[i] = i > 0;
    }
    return new Sample(tokens, taught);
  }
}

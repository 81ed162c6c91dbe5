package org.millrace.demomodel.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LlamaForwardTest {
  private static final ModelShape SMALL = new ModelShape(50, 32, 2, 4, 2, 64, 384, 10_000f, 1e-5f);

  private final NDManager manager = NDManager.newBaseManager();
  private final LlamaWeights weights = LlamaWeights.random(SMALL, manager, new SplittableRandom(5));
  private final LlamaForward forward = new LlamaForward(SMALL, weights, manager);

  @AfterEach
  void close() {
    manager.close();
  }

  @Test
  void logitsHaveARowForEachPlace() {
    var batch = new Batch(List.of(List.of(sample(1, 2, 3)), List.of(sample(4, 5))), 8);
    assertEquals(new Shape(3, 50), logits(batch).getShape());
  }

  @Test
  void theShapeCountsTheParametersThatAreTrained() {
    long trained = weights.inOrder().stream().mapToLong(NDArray::size).sum();
    assertEquals(SMALL.parameters(), trained);
  }

  @Test
  void aSampleGivesTheSameLogitsWhereverItIsPacked() {
    Sample sample = sample(7, 8, 9, 10, 11);
    float[] alone = logits(new Batch(List.of(List.of(sample)), 16)).toFloatArray();
    var packed = new Batch(List.of(List.of(sample(1, 2, 3, 4), sample, sample(5, 6))), 16);
    float[] all = logits(packed).toFloatArray();
    // Three taught places of the first sample come before.
    float[] behind = java.util.Arrays.copyOfRange(all, 3 * 50, 3 * 50 + alone.length);
    assertArrayEquals(alone, behind, 1e-5f);
  }

  @Test
  void laterTokensDoNotChangeEarlierLogits() {
    float[] shorter = logits(new Batch(List.of(List.of(sample(1, 2, 3))), 8)).toFloatArray();
    float[] longer = logits(new Batch(List.of(List.of(sample(1, 2, 3, 4))), 8)).toFloatArray();
    assertArrayEquals(shorter, java.util.Arrays.copyOf(longer, shorter.length), 1e-5f);
  }

  @Test
  void trainingOnOneSentenceLearnsIt() {
    Sample sentence = sample(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18);
    var trainer =
        new Trainer(SMALL, weights, () -> sentence, manager, InstantSource.fixed(Instant.EPOCH));
    List<Float> rates = new ArrayList<>();
    var budget = new CosineBudget(60, Duration.ofHours(1), 5e-3f);
    var progress = trainer.train(budget, p -> rates.add(p.rate()));
    assertEquals(60, progress.step());
    // A smoothed mean, which begins at ln 50 = 3.9.
    assertTrue(progress.loss() < 2.5, "the loss is still " + progress.loss());
    assertTrue(rates.getLast() < rates.get(10), "the rate did not fall: " + rates);
  }

  private NDArray logits(Batch batch) {
    return forward.logits(batch.tokens(manager), batch.mask(manager), batch.places(manager));
  }

  private static Sample sample(int... tokens) {
    var taught = new boolean[tokens.length];
    for (int i = 1; i < taught.length; i++) {
      taught[i] = true;
    }
    return new Sample(tokens, taught);
  }
}

package org.millrace.demomodel.train;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class BatchPackerTest {

  @Test
  void rowsAreFilledToNineTenthsAtLeast() {
    RandomGenerator random = new java.util.SplittableRandom(1);
    var packer = new BatchPacker(() -> sample(random.nextInt(20, 150)), 1024);
    long used = 0;
    int batches = 20;
    for (int i = 0; i < batches; i++) {
      Batch batch = packer.next();
      assertTrue(batch.usedTokens() <= 4096);
      used += batch.usedTokens();
    }
    assertTrue(used > 0.9 * 25 * 160 * batches, used + " tokens in " + batches + " batches");
  }

  private static Sample sample(int length) {
    return new Sample(new int[length], new boolean[length]);
  }
}

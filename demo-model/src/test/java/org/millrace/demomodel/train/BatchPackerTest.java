package org.millrace.demomodel.train;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class BatchPackerTest {
  private static final int BATCH_TOKENS = 2048;

  @Test
  void batchesAreAboutEquallyLargeAndRowsAreMostlyFull() {
    RandomGenerator random = new SplittableRandom(1);
    var packer = new BatchPacker(() -> sample(random.nextInt(20, 150)), 1024);
    long used = 0;
    int batches = 20;
    for (int i = 0; i < batches; i++) {
      Batch batch = packer.next();
      assertTrue(batch.usedTokens() <= BATCH_TOKENS);
      used += batch.usedTokens();
    }
    assertTrue(used > 0.8 * BATCH_TOKENS * batches, used + " tokens in " + batches + " batches");
  }

  private static Sample sample(int length) {
    return new Sample(new int[length], new boolean[length]);
  }
}

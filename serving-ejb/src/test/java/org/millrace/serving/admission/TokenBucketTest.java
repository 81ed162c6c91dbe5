package org.millrace.serving.admission;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class TokenBucketTest {
  @Test
  void aLimitIsThereAtOnceAndComesBackEvenly() {
    var bucket = new TokenBucket(6, 0);
    assertTrue(bucket.has(6));
    bucket.take(6);
    assertFalse(bucket.has(1));
    assertEquals(10_000, bucket.millisUntil(1));
    bucket.advance(6, 9_999);
    assertFalse(bucket.has(1));
    bucket.advance(6, 10_000);
    assertTrue(bucket.has(1));
    assertEquals(1, bucket.remaining());
    bucket.advance(6, 1_000_000);
    assertEquals(6, bucket.remaining());
  }

  @Test
  void oddStepsOfTimeLoseNothing() {
    var bucket = new TokenBucket(7, 0);
    bucket.take(7);
    for (long now = 0; now <= 60_000; now += 7) {
      bucket.advance(7, now);
    }
    bucket.advance(7, 60_000);
    assertEquals(7, bucket.remaining());
  }

  @Test
  void aClockThatIsSetBackGivesNothing() {
    var bucket = new TokenBucket(10, 100_000);
    bucket.take(10);
    bucket.advance(10, 40_000);
    assertEquals(0, bucket.remaining());
    bucket.advance(10, 46_000);
    assertEquals(1, bucket.remaining());
  }

  @Test
  void aChangedLimitKeepsWhatWasUsed() {
    var bucket = new TokenBucket(10, 0);
    bucket.take(4);
    bucket.advance(20, 0);
    assertEquals(16, bucket.remaining());
    bucket.advance(5, 0);
    assertEquals(1, bucket.remaining());
    bucket.giveBack(100);
    assertEquals(5, bucket.remaining());
  }
}

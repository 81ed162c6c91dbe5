package org.millrace.serving.ejb;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.concurrent.atomic.AtomicLong;
import org.eclipse.microprofile.metrics.Counter;
import org.junit.jupiter.api.Test;

class CountTest {
  private final AtomicLong total = new AtomicLong();
  private final AtomicLong shown = new AtomicLong();
  private final Count count =
      new Count(
          "demo",
          new Counter() {
            @Override
            public void inc() {
              inc(1);
            }

            @Override
            public void inc(long by) {
              shown.addAndGet(by);
            }

            @Override
            public long getCount() {
              return shown.get();
            }
          },
          total::get);

  @Test
  void theCounterFollowsTheTotalAndNeverGoesBack() {
    total.set(5);
    count.advance();
    count.advance();
    assertEquals(5, shown.get());
    total.set(12);
    count.advance();
    assertEquals(12, shown.get());
    total.set(3);
    count.advance();
    assertEquals(12, shown.get());
  }
}

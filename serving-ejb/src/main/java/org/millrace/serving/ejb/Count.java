package org.millrace.serving.ejb;

import java.util.function.LongSupplier;
import org.eclipse.microprofile.metrics.Counter;

/** A counter that follows a total which is kept elsewhere and only grows. Used by one thread. */
final class Count {
  private final String model;
  private final Counter counter;
  private final LongSupplier total;
  private long counted;

  /**
   * @param model that it counts for; empty for all
   */
  Count(String model, Counter counter, LongSupplier total) {
    this.model = model;
    this.counter = counter;
    this.total = total;
  }

  boolean isOf(String wanted) {
    return model.equals(wanted);
  }

  void advance() {
    long now = total.getAsLong();
    if (now > counted) {
      counter.inc(now - counted);
      counted = now;
    }
  }
}

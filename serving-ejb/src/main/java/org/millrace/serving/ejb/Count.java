package org.millrace.serving.ejb;

import java.util.function.LongSupplier;
import org.eclipse.microprofile.metrics.Counter;

/** A counter that follows a total which is kept elsewhere and only grows. Used by one thread. */
final class Count {
  private final Counter counter;
  private final LongSupplier total;
  private long counted;

  Count(Counter counter, LongSupplier total) {
    this.counter = counter;
    this.total = total;
  }

  void advance() {
    long now = total.getAsLong();
    if (now > counted) {
      counter.inc(now - counted);
      counted = now;
    }
  }
}

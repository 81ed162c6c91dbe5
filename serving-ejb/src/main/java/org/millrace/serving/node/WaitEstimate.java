package org.millrace.serving.node;

import java.util.function.IntSupplier;

/**
 * How long a place in the queue is likely to last: the mean time between ends of requests while
 * others waited. Thread-safe.
 */
final class WaitEstimate {
  /** Weight of the newest interval: about the last ten requests count. */
  private static final double WEIGHT = 0.2;

  private final IntSupplier queued;
  private long lastEndMillis;
  private boolean othersWaited;
  private double meanIntervalMillis;

  WaitEstimate(IntSupplier queued) {
    this.queued = queued;
  }

  synchronized void ended(long nowMillis) {
    if (othersWaited) {
      double interval = nowMillis - lastEndMillis;
      meanIntervalMillis += WEIGHT * (interval - meanIntervalMillis);
    }
    lastEndMillis = nowMillis;
    othersWaited = queued.getAsInt() > 0;
  }

  /**
   * @param position 1 for the next to start
   */
  synchronized double secondsAt(int position) {
    return position * meanIntervalMillis / 1_000;
  }
}

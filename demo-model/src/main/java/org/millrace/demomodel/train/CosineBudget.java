package org.millrace.demomodel.train;

import java.time.Duration;

/**
 * A learning rate that falls along a cosine over a budget of time instead of steps, so that
 * training ends on time on any machine (Loshchilov and Hutter 2017, without restarts).
 *
 * @param budget the whole time of training
 * @param peak the highest rate, reached after the first fiftieth of the budget
 */
record CosineBudget(Duration budget, float peak) {
  private static final double WARM_UP_SHARE = 0.02;
  private static final double LAST_SHARE_OF_PEAK = 0.01;

  boolean isOver(Duration elapsed) {
    return elapsed.compareTo(budget) >= 0;
  }

  float rate(Duration elapsed) {
    double share = Math.min(1.0, (double) elapsed.toNanos() / budget.toNanos());
    if (share < WARM_UP_SHARE) {
      return (float) (peak * (0.02 + 0.98 * share / WARM_UP_SHARE));
    }
    double fallen = (share - WARM_UP_SHARE) / (1 - WARM_UP_SHARE);
    double cosine = 0.5 * (1 + Math.cos(Math.PI * fallen));
    return (float) (peak * (LAST_SHARE_OF_PEAK + (1 - LAST_SHARE_OF_PEAK) * cosine));
  }
}

package org.millrace.demomodel.train;

import java.time.Duration;

/**
 * A learning rate that falls along a cosine (Loshchilov and Hutter 2017, without restarts) over a
 * number of steps, so that a busy machine trains the same model, only later.
 *
 * <p>Training that would take longer than {@code timeMax} is cut short without a break in the
 * schedule: what counts is the larger share, of the steps done or of the time used up.
 *
 * @param steps the whole number of steps
 * @param timeMax the most time for them
 * @param peak the highest rate, reached after the first fiftieth of the budget
 */
public record CosineBudget(long steps, Duration timeMax, float peak) {
  private static final double WARM_UP_SHARE = 0.02;
  private static final double LAST_SHARE_OF_PEAK = 0.01;

  public CosineBudget {
    if (steps < 1 || !timeMax.isPositive()) {
      throw new IllegalArgumentException(
          "the budget is %d steps in %s; both must be positive".formatted(steps, timeMax));
    }
  }

  boolean isOver(long stepsDone, Duration elapsed) {
    return share(stepsDone, elapsed) >= 1;
  }

  float rate(long stepsDone, Duration elapsed) {
    double share = share(stepsDone, elapsed);
    if (share < WARM_UP_SHARE) {
      return (float) (peak * (0.02 + 0.98 * share / WARM_UP_SHARE));
    }
    double fallen = (share - WARM_UP_SHARE) / (1 - WARM_UP_SHARE);
    double cosine = 0.5 * (1 + Math.cos(Math.PI * fallen));
    return (float) (peak * (LAST_SHARE_OF_PEAK + (1 - LAST_SHARE_OF_PEAK) * cosine));
  }

  private double share(long stepsDone, Duration elapsed) {
    double ofSteps = (double) stepsDone / steps;
    double ofTime = (double) elapsed.toNanos() / timeMax.toNanos();
    return Math.min(1.0, Math.max(ofSteps, ofTime));
  }
}

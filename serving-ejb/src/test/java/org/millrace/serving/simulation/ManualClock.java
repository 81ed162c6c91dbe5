package org.millrace.serving.simulation;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/** Time that passes when a test says so. */
public final class ManualClock implements InstantSource {
  private long millis = 1_800_000_000_000L;

  @Override
  public Instant instant() {
    return Instant.ofEpochMilli(millis);
  }

  @Override
  public long millis() {
    return millis;
  }

  public void advance(Duration time) {
    millis += time.toMillis();
  }
}

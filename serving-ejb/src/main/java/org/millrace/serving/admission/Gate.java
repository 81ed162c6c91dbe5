package org.millrace.serving.admission;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.millrace.serving.api.ServingError;
import org.millrace.serving.api.ServingException;

/**
 * Whether requests are let in at all, and how many are on their way through admission. Thread-safe.
 */
public final class Gate {
  private static final Duration RETRY_AFTER = Duration.ofSeconds(5);

  private final AtomicInteger inside = new AtomicInteger();
  private volatile @Nullable String closed = "the server is starting";

  public void open() {
    closed = null;
  }

  /**
   * @param reason shown to callers
   */
  public void close(String reason) {
    closed = reason;
  }

  public boolean isOpen() {
    return closed == null;
  }

  /** Why nobody is let in; {@code null} where the gate is open. */
  public @Nullable String reason() {
    return closed;
  }

  /** Requests that were let in and have not been handed over or refused yet. */
  public int inside() {
    return inside.get();
  }

  /** Counted before the look at the gate: who closes it and then sees nobody inside can be sure. */
  void enter() {
    inside.incrementAndGet();
    String reason = closed;
    if (reason != null) {
      inside.decrementAndGet();
      throw new ServingException(
          ServingError.SHUTTING_DOWN, reason + "; try again later", null, RETRY_AFTER);
    }
  }

  void leave() {
    inside.decrementAndGet();
  }
}

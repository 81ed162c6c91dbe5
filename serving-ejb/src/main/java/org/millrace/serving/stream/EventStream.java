package org.millrace.serving.stream;

import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;
import org.millrace.serving.api.CompletionEvent;
import org.millrace.serving.api.CompletionStream;
import org.millrace.serving.api.ServingError;

/**
 * A ring of events with one writer (the engine thread) and one reader. The writer never waits: it
 * asks {@link #hasRoom} before it plans a token. The last event has a place of its own, because it
 * comes from the thread that settles and must never find the ring full.
 */
public final class EventStream implements CompletionStream {
  private static final long FOREVER = Long.MAX_VALUE;

  private final String requestId;
  private final int promptTokens;
  private final InstantSource clock;
  private final Runnable onReaderMoved;
  private final AtomicReferenceArray<@Nullable CompletionEvent> ring;
  private final AtomicReference<@Nullable CompletionEvent> last = new AtomicReference<>();
  private final Semaphore signal = new Semaphore(0);
  private volatile long written;
  private volatile long read;
  private volatile boolean readerWaits;
  private volatile boolean cancelled;
  private volatile boolean exhausted;
  private volatile long settleDeadlineMillis = FOREVER;

  /**
   * @param eventsMax events kept for the reader, the last one not counted
   * @param onReaderMoved called on the reader's thread when there is room again or the reader is
   *     gone; must not wait
   */
  public EventStream(
      String requestId,
      int promptTokens,
      int eventsMax,
      InstantSource clock,
      Runnable onReaderMoved) {
    this.requestId = requestId;
    this.promptTokens = promptTokens;
    this.clock = clock;
    this.onReaderMoved = onReaderMoved;
    this.ring = new AtomicReferenceArray<>(eventsMax);
  }

  @Override
  public String requestId() {
    return requestId;
  }

  @Override
  public int promptTokens() {
    return promptTokens;
  }

  /** Whether {@code events} more fit. Writer only. */
  public boolean hasRoom(int events) {
    return written - read + events <= ring.length();
  }

  /** Appends an event. Writer only, after {@link #hasRoom}. */
  public void put(CompletionEvent event) {
    long position = written;
    if (position - read >= ring.length()) {
      throw new IllegalStateException(
          "stream of request %s is full at %d events".formatted(requestId, ring.length()));
    }
    ring.setPlain((int) (position % ring.length()), event);
    written = position + 1;
    wakeReader();
  }

  /**
   * Nothing more will be put; the last event comes once the request is settled, or by itself at
   * {@code settleDeadlineMillis}. Writer only.
   */
  public void ended(long settleDeadlineMillis) {
    this.settleDeadlineMillis = settleDeadlineMillis;
    wakeReader();
  }

  /**
   * Sets the last event, unless the reader was already told that billing does not answer. Any
   * thread.
   */
  public void finish(CompletionEvent event) {
    last.compareAndSet(null, event);
    wakeReader();
  }

  /** Whether the reader asked for the end. */
  public boolean isCancelled() {
    return cancelled;
  }

  @Override
  public @Nullable CompletionEvent next(Duration timeout) throws InterruptedException {
    long deadlineMillis = Math.addExact(clock.millis(), Math.max(0, timeout.toMillis()));
    while (true) {
      CompletionEvent event = poll();
      long now = clock.millis();
      if (event != null || exhausted || now >= deadlineMillis) {
        return event;
      }
      waitUntil(Math.min(deadlineMillis, Math.max(now + 1, settleDeadlineMillis)) - now);
    }
  }

  private void waitUntil(long millis) throws InterruptedException {
    signal.drainPermits();
    readerWaits = true;
    try {
      // Looked at once more after the flag is up, so that no wake-up is missed.
      if (written == read && (last.get() == null || exhausted)) {
        signal.tryAcquire(millis, TimeUnit.MILLISECONDS);
      }
    } finally {
      readerWaits = false;
    }
  }

  private @Nullable CompletionEvent poll() {
    if (exhausted) {
      return null;
    }
    CompletionEvent end = last.get();
    long position = read;
    if (position < written) {
      return take(position);
    }
    if (end == null && clock.millis() >= settleDeadlineMillis) {
      last.compareAndSet(null, settlementOverdue());
      end = last.get();
    }
    if (end != null) {
      exhausted = true;
    }
    return end;
  }

  private @Nullable CompletionEvent take(long position) {
    int index = (int) (position % ring.length());
    CompletionEvent event = ring.getPlain(index);
    ring.setPlain(index, null);
    boolean wasTight = written - position >= ring.length() / 2;
    read = position + 1;
    if (wasTight) {
      onReaderMoved.run();
    }
    return event;
  }

  private CompletionEvent settlementOverdue() {
    return new CompletionEvent.Failed(
        ServingError.BILLING_UNAVAILABLE,
        "request %s is complete but billing does not answer; it will be billed once it does"
            .formatted(requestId));
  }

  @Override
  public void cancel() {
    if (!cancelled) {
      cancelled = true;
      onReaderMoved.run();
    }
  }

  @Override
  public void close() {
    cancel();
  }

  private void wakeReader() {
    if (readerWaits) {
      signal.release();
    }
  }
}

package org.millrace.serving.meter;

import java.time.InstantSource;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.millrace.billing.api.BillingError;
import org.millrace.billing.api.BillingException;
import org.millrace.billing.api.Holds;
import org.millrace.billing.api.Holds.Settlement;

/**
 * Brings every ending to the ledger, with growing pauses while the ledger does not answer. Its
 * threads call {@link #step}; the engine's loop only calls {@link #offer}, which never waits. The
 * backlog is bounded by the journal: an ending keeps its slot until the ledger has it.
 */
public final class Settler {
  private static final System.Logger LOG = System.getLogger(Settler.class.getName());
  private static final long FIRST_PAUSE_MILLIS = 100;

  /** Told once the ledger knows how a request ended. */
  public interface Listener {
    /**
     * @param settlement {@code null} where nothing was to be paid
     */
    void settled(Ending ending, @Nullable Settlement settlement);

    /** Nothing can be posted: the hold expired, or someone else ended it, or it is for less. */
    void lost(Ending ending, String reason);
  }

  private record Retry(Ending ending, int attempts, long notBeforeMillis) {}

  private final Holds holds;
  private final Journal journal;
  private final Listener listener;
  private final InstantSource clock;
  private final long pauseMaxMillis;
  private final ConcurrentLinkedQueue<Ending> fresh = new ConcurrentLinkedQueue<>();
  private final ConcurrentLinkedQueue<Retry> retries = new ConcurrentLinkedQueue<>();
  private final AtomicInteger backlog = new AtomicInteger();
  private final Semaphore work = new Semaphore(0);

  public Settler(
      Holds holds, Journal journal, Listener listener, InstantSource clock, long pauseMaxMillis) {
    this.holds = holds;
    this.journal = journal;
    this.listener = listener;
    this.clock = clock;
    this.pauseMaxMillis = pauseMaxMillis;
  }

  /** Takes an ending over; never waits. */
  public void offer(Ending ending) {
    backlog.incrementAndGet();
    fresh.add(ending);
    work.release();
  }

  /** Endings that the ledger does not know yet, the one being settled included. */
  public int backlog() {
    return backlog.get();
  }

  /** Settles the next ending that is due. Returns whether there was one. */
  public boolean step() {
    Ending ending = fresh.poll();
    if (ending != null) {
      attempt(ending, 1);
      return true;
    }
    Retry retry = nextDue();
    if (retry == null) {
      return false;
    }
    attempt(retry.ending, retry.attempts + 1);
    return true;
  }

  /** Waits until there may be something to do, at most {@code millis}. */
  public void await(long millis) throws InterruptedException {
    if (work.tryAcquire(millis, TimeUnit.MILLISECONDS)) {
      work.drainPermits();
    }
  }

  private @Nullable Retry nextDue() {
    long now = clock.millis();
    // Goes once round at most: who is not due yet goes to the end of the line.
    for (int i = retries.size(); i > 0; i--) {
      Retry retry = retries.poll();
      if (retry == null || retry.notBeforeMillis <= now) {
        return retry;
      }
      retries.add(retry);
    }
    return null;
  }

  private void attempt(Ending ending, int attempts) {
    @Nullable Settlement settlement = null;
    try {
      if (ending.billable()) {
        settlement = holds.settle(ending.requestId(), ending.completion());
      } else {
        holds.release(ending.requestId(), ending.slot().claim());
      }
    } catch (BillingException refusal) {
      if (isFinal(refusal.error())) {
        end(ending);
        LOG.log(
            ending.request() == null ? System.Logger.Level.WARNING : System.Logger.Level.ERROR,
            "request {0} could not be settled at {1}: {2}",
            ending.requestId(),
            ending.usage(),
            refusal.getMessage());
        listener.lost(ending, refusal.error().name());
      } else {
        retryLater(ending, attempts, refusal);
      }
      return;
    } catch (RuntimeException outage) {
      retryLater(ending, attempts, outage);
      return;
    }
    end(ending);
    listener.settled(ending, settlement);
  }

  /** What the ledger would say again. Tried for ever it would keep the next start from ending. */
  private static boolean isFinal(BillingError error) {
    return switch (error) {
      case UNKNOWN_HOLD, HOLD_ENDED, INVALID_VALUE -> true;
      default -> false;
    };
  }

  private void end(Ending ending) {
    journal.giveBack(ending.slot());
    backlog.decrementAndGet();
  }

  private void retryLater(Ending ending, int attempts, RuntimeException cause) {
    long pauseMillis = Math.min(pauseMaxMillis, FIRST_PAUSE_MILLIS << Math.min(attempts - 1, 16));
    if (attempts == 1 || pauseMillis == pauseMaxMillis) {
      LOG.log(
          System.Logger.Level.WARNING,
          "request %s is not settled yet (attempt %d, next in %d ms): %s"
              .formatted(ending.requestId(), attempts, pauseMillis, cause));
    }
    retries.add(new Retry(ending, attempts, clock.millis() + pauseMillis));
  }
}

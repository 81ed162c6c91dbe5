package org.millrace.serving.admission;

import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.millrace.serving.api.ServingError;
import org.millrace.serving.api.ServingException;
import org.millrace.serving.request.Place;
import org.millrace.tenancy.api.Caller;
import org.millrace.tenancy.api.Limits;

/**
 * How many requests wait and how many sequences are open, per tenant and on this server. Counted in
 * by admission, counted out by the engine thread: atomic numbers, no locks. One small entry per
 * tenant that ever called.
 */
public final class Occupancy {
  private static final Duration RETRY_AFTER = Duration.ofSeconds(1);

  private final ConcurrentHashMap<UUID, Tenant> tenants = new ConcurrentHashMap<>();
  private final AtomicInteger queued = new AtomicInteger();
  private final int queuedMax;

  private static final class Tenant {
    private final AtomicInteger queued = new AtomicInteger();
    private final AtomicInteger sequences = new AtomicInteger();
  }

  public Occupancy(int queuedMax) {
    this.queuedMax = queuedMax;
  }

  /**
   * Counts a request in.
   *
   * @throws ServingException QUEUE_FULL where a bound is reached
   */
  Place enter(Caller caller, int sequences) {
    Limits limits = caller.limits();
    Tenant tenant = tenants.computeIfAbsent(caller.tenantId(), _ -> new Tenant());
    if (sequences > limits.concurrentSequences()) {
      // Waiting would not help.
      throw Refusals.invalid(
          "n",
          "the request has %d sequences; this tenant may have %d at one time"
              .formatted(sequences, limits.concurrentSequences()));
    }
    count(
        tenant.sequences,
        sequences,
        limits.concurrentSequences(),
        "this tenant has %d open sequences and asks for %d more; the limit is %d");
    try {
      count(
          tenant.queued,
          1,
          limits.queuedRequests(),
          "this tenant has %d waiting requests and brings %d more; the limit is %d");
      try {
        count(
            queued,
            1,
            queuedMax,
            "the server has %d waiting requests and gets %d more; the limit is %d");
      } catch (ServingException full) {
        tenant.queued.decrementAndGet();
        throw full;
      }
    } catch (ServingException full) {
      tenant.sequences.addAndGet(-sequences);
      throw full;
    }
    return new Counted(tenant, sequences);
  }

  private static void count(AtomicInteger counter, int amount, int most, String message) {
    int before;
    do {
      before = counter.get();
      if (before + amount > most) {
        throw new ServingException(
            ServingError.QUEUE_FULL,
            message.formatted(before, amount, most) + "; try again later",
            null,
            RETRY_AFTER);
      }
    } while (!counter.compareAndSet(before, before + amount));
  }

  public int queued() {
    return queued.get();
  }

  public int queuedMax() {
    return queuedMax;
  }

  public int queued(UUID tenantId) {
    Tenant tenant = tenants.get(tenantId);
    return tenant == null ? 0 : tenant.queued.get();
  }

  /** Sequences of this tenant that wait or run. */
  public int sequences(UUID tenantId) {
    @Nullable Tenant tenant = tenants.get(tenantId);
    return tenant == null ? 0 : tenant.sequences.get();
  }

  private final class Counted implements Place {
    private final Tenant tenant;
    private final int sequences;
    private final AtomicBoolean waits = new AtomicBoolean(true);

    Counted(Tenant tenant, int sequences) {
      this.tenant = tenant;
      this.sequences = sequences;
    }

    @Override
    public void started() {
      if (waits.compareAndSet(true, false)) {
        tenant.queued.decrementAndGet();
        queued.decrementAndGet();
      }
    }

    @Override
    public void left() {
      started();
      tenant.sequences.addAndGet(-sequences);
    }
  }
}

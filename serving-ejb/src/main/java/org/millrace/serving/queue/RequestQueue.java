package org.millrace.serving.queue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.millrace.serving.api.ServingError;
import org.millrace.serving.request.Failure;
import org.millrace.serving.request.ServedRequest;

/**
 * The requests that wait for one model. Admission hands over without a lock; the engine thread
 * takes them into the policy's order at its next step.
 */
public final class RequestQueue {
  private final ConcurrentLinkedQueue<ServedRequest> arrivals = new ConcurrentLinkedQueue<>();
  private final QueuePolicy policy;
  private final List<ServedRequest> leaving = new ArrayList<>();
  private final AtomicInteger size = new AtomicInteger();

  public RequestQueue(QueuePolicy policy) {
    this.policy = policy;
  }

  /** Any thread; never waits. Admission has counted the request in before. */
  public void offer(ServedRequest request) {
    size.incrementAndGet();
    arrivals.add(request);
  }

  /** Any thread: how many wait. */
  public int size() {
    return size.get();
  }

  /**
   * Engine thread: takes in who arrived and lets go of who was cancelled or has waited too long.
   */
  public void refresh(long nowMillis) {
    takeIn();
    for (ServedRequest request : policy.waiting()) {
      if (request.stream().isCancelled() || nowMillis >= request.waitDeadlineMillis()) {
        leaving.add(request);
      }
    }
    for (ServedRequest request : leaving) {
      remove(request);
      endWaiting(request, nowMillis);
    }
    leaving.clear();
  }

  private static void endWaiting(ServedRequest request, long nowMillis) {
    if (request.stream().isCancelled()) {
      request.cancel(nowMillis);
      return;
    }
    var terms = request.terms();
    request.fail(
        new Failure(
            ServingError.DEADLINE_EXCEEDED,
            "request %s waited %d s; the limit is %d s; try again later"
                .formatted(
                    request.spec().requestId(),
                    (nowMillis - terms.receivedAtMillis()) / 1_000,
                    (request.waitDeadlineMillis() - terms.receivedAtMillis()) / 1_000)),
        nowMillis);
  }

  /** Engine thread: who is next, or {@code null}. */
  public @Nullable ServedRequest head() {
    return policy.head();
  }

  /** Engine thread. */
  public void remove(ServedRequest request) {
    policy.remove(request);
    size.decrementAndGet();
  }

  /** Engine thread: takes everybody out, in no particular order. */
  public List<ServedRequest> drain() {
    takeIn();
    var all = List.copyOf(policy.waiting());
    all.forEach(this::remove);
    return all;
  }

  private void takeIn() {
    for (ServedRequest request = arrivals.poll(); request != null; request = arrivals.poll()) {
      policy.add(request);
    }
  }

  /** Engine thread: whether nobody waits. */
  public boolean isEmpty() {
    return arrivals.isEmpty() && policy.head() == null;
  }
}

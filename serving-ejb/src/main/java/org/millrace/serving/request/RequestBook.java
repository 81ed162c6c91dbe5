package org.millrace.serving.request;

import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.millrace.billing.api.Holds.Settlement;
import org.millrace.billing.api.TokenUsage;
import org.millrace.serving.api.ServingStatus.RequestView;
import org.millrace.serving.meter.Ending;

/**
 * Requests that are open, and for some minutes those that ended. Thread-safe; bounded in time and
 * number.
 */
public final class RequestBook {
  private final ConcurrentHashMap<String, Entry> entries = new ConcurrentHashMap<>();
  private final ConcurrentLinkedQueue<Closed> closed = new ConcurrentLinkedQueue<>();
  private final AtomicInteger closedCount = new AtomicInteger();
  private final long keepMillis;
  private final int closedMax;

  private sealed interface Entry {}

  private record Reserved() implements Entry {}

  private record Open(ServedRequest request, UUID holdId) implements Entry {}

  private record Closed(UUID tenantId, RequestView view, long closedAtMillis) implements Entry {}

  public RequestBook(Duration keep, int closedMax) {
    this.keepMillis = keep.toMillis();
    this.closedMax = closedMax;
  }

  /** Keeps an id for a request that is being admitted; {@code false} where it is taken. */
  public boolean reserve(String requestId) {
    return entries.putIfAbsent(requestId, new Reserved()) == null;
  }

  /** The request was refused after all. */
  public void forget(String requestId) {
    entries.remove(requestId);
  }

  public void open(ServedRequest request, UUID holdId) {
    entries.put(request.spec().requestId(), new Open(request, holdId));
  }

  /** The ledger knows how it ended. */
  public void close(Ending ending, @Nullable Settlement settlement, long nowMillis) {
    if (entries.get(ending.requestId()) instanceof Open(ServedRequest request, UUID holdId)) {
      var entry =
          new Closed(
              request.spec().caller().tenantId(), view(request, holdId, settlement), nowMillis);
      entries.put(ending.requestId(), entry);
      closed.add(entry);
      closedCount.incrementAndGet();
    }
    forgetOld(nowMillis);
  }

  private void forgetOld(long nowMillis) {
    for (Closed oldest = closed.peek();
        oldest != null
            && (closedCount.get() > closedMax || nowMillis - oldest.closedAtMillis > keepMillis);
        oldest = closed.peek()) {
      if (closed.remove(oldest)) {
        closedCount.decrementAndGet();
        entries.remove(oldest.view.requestId(), oldest);
      }
    }
  }

  /** A tenant's own request; another tenant's is not there. */
  public Optional<RequestView> find(UUID tenantId, String requestId) {
    return switch (entries.get(requestId)) {
      case Open(ServedRequest request, UUID holdId)
          when request.spec().caller().tenantId().equals(tenantId) ->
          Optional.of(view(request, holdId, null));
      case Closed(UUID tenant, RequestView view, long _) when tenant.equals(tenantId) ->
          Optional.of(view);
      case null, default -> Optional.empty();
    };
  }

  /** Requests that wait or run. */
  public Collection<ServedRequest> open() {
    return entries.values().stream()
        .filter(Open.class::isInstance)
        .map(entry -> ((Open) entry).request)
        .filter(request -> !request.isEnded())
        .toList();
  }

  private static RequestView view(
      ServedRequest request, UUID holdId, @Nullable Settlement settlement) {
    Ending ending = request.ending();
    RequestSpec spec = request.spec();
    TokenUsage usage =
        ending == null
            ? new TokenUsage(spec.inputTokens(), request.cachedInput(), request.generated())
            : ending.usage();
    return new RequestView(
        spec.requestId(),
        state(request, ending),
        spec.model(),
        Math.toIntExact(usage.inputTokens()),
        Math.toIntExact(usage.cachedInputTokens()),
        Math.toIntExact(usage.outputTokens()),
        settlement == null ? null : settlement.cost().plain(),
        settlement == null ? null : settlement.cost().currency(),
        holdId,
        settlement == null ? null : settlement.transferId(),
        Instant.ofEpochMilli(request.terms().receivedAtMillis()),
        instant(request.startedAtMillis()),
        instant(request.firstTokenAtMillis()),
        ending == null ? null : Instant.ofEpochMilli(ending.finishedAtMillis()));
  }

  private static String state(ServedRequest request, @Nullable Ending ending) {
    if (ending != null) {
      return ending.outcome().word();
    }
    return request.startedAtMillis() == 0 ? "queued" : "running";
  }

  private static @Nullable Instant instant(long millis) {
    return millis == 0 ? null : Instant.ofEpochMilli(millis);
  }
}

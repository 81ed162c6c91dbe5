package org.millrace.serving.node;

import java.time.InstantSource;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.millrace.billing.api.Holds.Settlement;
import org.millrace.billing.api.TokenUsage;
import org.millrace.serving.admission.TenantRates;
import org.millrace.serving.api.CompletionEvent;
import org.millrace.serving.api.CompletionEvent.RequestUsage;
import org.millrace.serving.api.ServingError;
import org.millrace.serving.meter.Ending;
import org.millrace.serving.meter.ServingCounters;
import org.millrace.serving.meter.Settler;
import org.millrace.serving.request.Failure;
import org.millrace.serving.request.RequestBook;
import org.millrace.serving.request.ServedRequest;

/**
 * What follows once the ledger knows how a request ended: its stream's last event, its tenant's
 * unused tokens, the books.
 */
final class Closing implements Settler.Listener {
  private static final System.Logger LOG = System.getLogger(Closing.class.getName());

  private final RequestBook book;
  private final TenantRates rates;
  private final ServingCounters counters;
  private final WaitEstimate waits;
  private final InstantSource clock;
  private final Set<String> recovering = ConcurrentHashMap.newKeySet();

  Closing(
      RequestBook book,
      TenantRates rates,
      ServingCounters counters,
      WaitEstimate waits,
      InstantSource clock) {
    this.book = book;
    this.rates = rates;
    this.counters = counters;
    this.waits = waits;
    this.clock = clock;
  }

  /** A request of an earlier run, whose ending is now on its way to the ledger. */
  void expect(String requestId) {
    recovering.add(requestId);
  }

  /** Requests of an earlier run that the ledger does not know yet. */
  int recovering() {
    return recovering.size();
  }

  @Override
  public void settled(Ending ending, @Nullable Settlement settlement) {
    ServedRequest request = ending.request();
    if (request == null) {
      recovered(ending, settlement == null ? "released" : "settled at " + ending.usage());
      return;
    }
    counters.settled(request.spec().model(), ending);
    close(request, ending, settlement);
    request.stream().finish(lastEvent(request, ending, settlement));
  }

  @Override
  public void lost(Ending ending, String reason) {
    ServedRequest request = ending.request();
    if (request == null) {
      recovered(ending, "left as it is: " + reason);
      return;
    }
    counters.lost(request.spec().model());
    close(request, ending, null);
    request.stream()
        .finish(
            new CompletionEvent.Failed(
                ServingError.BILLING_UNAVAILABLE,
                "request %s could not be billed: %s".formatted(ending.requestId(), reason)));
  }

  private void recovered(Ending ending, String how) {
    if (recovering.remove(ending.requestId())) {
      LOG.log(
          System.Logger.Level.INFO, "request {0} of an earlier run: {1}", ending.requestId(), how);
    }
  }

  private void close(ServedRequest request, Ending ending, @Nullable Settlement settlement) {
    long now = clock.millis();
    book.close(ending, settlement, now);
    waits.ended(now);
    TokenUsage most = request.spec().worstCase();
    long used = settlement == null ? 0 : tokens(ending.usage());
    rates.giveBack(request.spec().caller().tenantId(), tokens(most) - used);
  }

  private static CompletionEvent lastEvent(
      ServedRequest request, Ending ending, @Nullable Settlement settlement) {
    Failure failure = request.failure();
    if (failure != null) {
      return new CompletionEvent.Failed(failure.error(), failure.message());
    }
    TokenUsage usage = ending.usage();
    return new CompletionEvent.Completed(
        new RequestUsage(
            Math.toIntExact(usage.inputTokens()),
            Math.toIntExact(usage.cachedInputTokens()),
            Math.toIntExact(usage.outputTokens()),
            settlement == null ? "0" : settlement.cost().plain(),
            settlement == null ? "" : settlement.cost().currency()));
  }

  private static long tokens(TokenUsage usage) {
    return usage.inputTokens() + usage.outputTokens();
  }
}

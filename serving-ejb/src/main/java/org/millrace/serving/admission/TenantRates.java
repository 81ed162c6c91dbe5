package org.millrace.serving.admission;

import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.millrace.serving.api.ServingError;
import org.millrace.serving.api.ServingException;
import org.millrace.serving.api.ServingStatus.RateView;
import org.millrace.tenancy.api.Limits;

/**
 * Requests and tokens per minute of each tenant on this server. A request takes its worst case in
 * tokens and gives back at its end what it did not use; one that is refused here takes nothing.
 * Thread-safe; one small entry per tenant that ever called.
 */
public final class TenantRates {
  private final ConcurrentHashMap<UUID, Rate> rates = new ConcurrentHashMap<>();

  /** Guarded by itself. */
  private static final class Rate {
    private final TokenBucket requests;
    private final TokenBucket tokens;

    Rate(Limits limits, long nowMillis) {
      requests = new TokenBucket(limits.requestsPerMinute(), nowMillis);
      tokens = new TokenBucket(limits.tokensPerMinute(), nowMillis);
    }

    void advance(Limits limits, long nowMillis) {
      requests.advance(limits.requestsPerMinute(), nowMillis);
      tokens.advance(limits.tokensPerMinute(), nowMillis);
    }
  }

  /**
   * Takes one request and {@code tokens}, both or neither.
   *
   * @throws ServingException RATE_LIMITED, with the time after which it would have been let in
   */
  void take(UUID tenantId, Limits limits, long tokens, long nowMillis) {
    Rate rate = rates.computeIfAbsent(tenantId, _ -> new Rate(limits, nowMillis));
    synchronized (rate) {
      rate.advance(limits, nowMillis);
      check(rate.requests, 1, "requests");
      check(rate.tokens, tokens, "tokens");
      rate.requests.take(1);
      rate.tokens.take(tokens);
    }
  }

  private static void check(TokenBucket bucket, long amount, String what) {
    if (amount > bucket.limit()) {
      // Waiting would not help.
      throw new ServingException(
          ServingError.RATE_LIMITED,
          "the request may use %d %s; the limit is %d %s per minute; ask for less"
              .formatted(amount, what, bucket.limit(), what));
    }
    if (!bucket.has(amount)) {
      long waitMillis = bucket.millisUntil(amount);
      throw new ServingException(
          ServingError.RATE_LIMITED,
          "the request may use %d %s and %d are left; the limit is %d %s per minute; try again in %d ms"
              .formatted(amount, what, bucket.remaining(), bucket.limit(), what, waitMillis),
          null,
          Duration.ofMillis(waitMillis));
    }
  }

  /** What a request took and did not use. */
  public void giveBack(UUID tenantId, long tokens) {
    Rate rate = rates.get(tenantId);
    if (rate != null) {
      synchronized (rate) {
        rate.tokens.giveBack(tokens);
      }
    }
  }

  /** What is left now; a tenant that has not called yet has the limits of a new one. */
  public RateView view(UUID tenantId, long nowMillis) {
    Rate rate = rates.get(tenantId);
    if (rate == null) {
      var limits = Limits.defaults();
      return new RateView(
          limits.requestsPerMinute(),
          limits.requestsPerMinute(),
          limits.tokensPerMinute(),
          limits.tokensPerMinute(),
          0);
    }
    synchronized (rate) {
      rate.requests.advance(rate.requests.limit(), nowMillis);
      rate.tokens.advance(rate.tokens.limit(), nowMillis);
      return new RateView(
          rate.requests.limit(),
          rate.requests.remaining(),
          rate.tokens.limit(),
          rate.tokens.remaining(),
          Math.max(rate.requests.millisUntilFull(), rate.tokens.millisUntilFull()) / 1_000.0);
    }
  }
}

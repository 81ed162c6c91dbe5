package org.millrace.serving.simulation;

import java.math.BigDecimal;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.millrace.billing.api.BillingError;
import org.millrace.billing.api.BillingException;
import org.millrace.billing.api.Holds;
import org.millrace.billing.api.Money;
import org.millrace.billing.api.TokenUsage;
import org.millrace.serving.api.CompletionRequest;

/**
 * A ledger in memory with the rules of the real one: one tenant account each, one unit per input
 * token that was computed, none per cached one, two per output token. It can be away.
 */
public final class FakeHolds implements Holds {
  /** How a call goes while the ledger is not well. */
  public enum Weather {
    FINE,
    AWAY,
    /** The change is made and its answer is lost. */
    ANSWER_LOST
  }

  private enum State {
    OPEN,
    SETTLED,
    RELEASED,
    EXPIRED
  }

  /** What became of a request. */
  public record Bill(TokenUsage usage, String outcome) {}

  private static final class Entry {
    private final HoldRequest request;
    private final Hold hold;
    private final long amount;
    private State state = State.OPEN;
    private @Nullable Settlement settlement;
    private @Nullable Bill bill;

    Entry(HoldRequest request, Hold hold, long amount) {
      this.request = request;
      this.hold = hold;
      this.amount = amount;
    }
  }

  private final InstantSource clock;
  private final Map<UUID, Long> credit = new LinkedHashMap<>();
  private final Map<String, Entry> entries = new LinkedHashMap<>();
  private final List<String> faults = new ArrayList<>();
  private Weather weather = Weather.FINE;
  private @Nullable BillingError refusal;
  private long granted;
  private long ids;

  public FakeHolds(InstantSource clock) {
    this.clock = clock;
  }

  public synchronized void grant(UUID tenant, long units) {
    credit.merge(tenant, units, Long::sum);
    granted += units;
  }

  public void weather(Weather now) {
    weather = now;
  }

  /** Refuses every hold for this reason, or none. */
  public void refuse(@Nullable BillingError reason) {
    refusal = reason;
  }

  public List<String> faults() {
    return faults;
  }

  public long available(UUID tenant) {
    return credit.getOrDefault(tenant, 0L);
  }

  /** Credit, holds and bills together are what was granted, and nobody owes. */
  public void check() {
    long sum = 0;
    for (long available : credit.values()) {
      sum += available;
      if (available < 0) {
        faults.add("a tenant owes " + -available);
      }
    }
    for (Entry entry : entries.values()) {
      sum += entry.state == State.OPEN ? entry.amount : 0;
      sum += entry.bill == null ? 0 : units(entry.bill.usage);
    }
    if (sum != granted) {
      faults.add("%d units were granted and %d are there".formatted(granted, sum));
    }
  }

  /** What was billed; empty where it is open, released or expired. */
  public Optional<Bill> bill(String requestId) {
    Entry entry = entries.get(requestId);
    return entry == null ? Optional.empty() : Optional.ofNullable(entry.bill);
  }

  /** What this request was billed for. */
  public TokenUsage usage(CompletionRequest request) {
    return bill(request.requestId()).orElseThrow().usage();
  }

  public boolean isOpen(String requestId) {
    Entry entry = entries.get(requestId);
    return entry != null && entry.state == State.OPEN;
  }

  public synchronized long openCount() {
    return entries.values().stream().filter(entry -> entry.state == State.OPEN).count();
  }

  public int count() {
    return entries.size();
  }

  private static long units(TokenUsage usage) {
    return usage.inputTokens() - usage.cachedInputTokens() + 2 * usage.outputTokens();
  }

  @Override
  public synchronized Hold place(HoldRequest request) {
    before();
    if (refusal != null) {
      throw new BillingException(refusal, "refused: " + refusal);
    }
    Entry known = entries.get(request.requestId());
    if (known != null) {
      if (!known.request.equals(request)) {
        throw new BillingException(BillingError.DUPLICATE_REQUEST, "used before");
      }
      return known.hold;
    }
    long amount = units(request.worstCase());
    if (available(request.tenantId()) < amount) {
      throw new BillingException(
          BillingError.INSUFFICIENT_CREDIT,
          "needs %d, has %d".formatted(amount, available(request.tenantId())));
    }
    credit.merge(request.tenantId(), -amount, Long::sum);
    var hold =
        new Hold(
            new UUID(1, ++ids),
            request.requestId(),
            request.tenantId(),
            request.model(),
            money(amount),
            clock.instant().plus(request.timeout()));
    entries.put(request.requestId(), new Entry(request, hold, amount));
    after();
    return hold;
  }

  @Override
  public synchronized Settlement settle(String requestId, Completion completion) {
    before();
    Entry entry = entries.get(requestId);
    if (entry == null) {
      throw new BillingException(BillingError.UNKNOWN_HOLD, "no hold " + requestId);
    }
    if (entry.settlement != null) {
      return entry.settlement;
    }
    if (entry.state != State.OPEN) {
      throw new BillingException(BillingError.HOLD_ENDED, "hold ended " + requestId);
    }
    long cost = units(completion.usage());
    if (cost > entry.amount) {
      faults.add("%s costs %d, held are %d".formatted(requestId, cost, entry.amount));
    }
    entry.state = State.SETTLED;
    entry.bill = new Bill(completion.usage(), completion.outcome());
    var settlement =
        new Settlement(
            entry.hold.holdId(), new UUID(2, ++ids), money(cost), money(entry.amount - cost));
    entry.settlement = settlement;
    credit.merge(entry.request.tenantId(), entry.amount - cost, Long::sum);
    after();
    return settlement;
  }

  @Override
  public synchronized void release(String requestId, long claim) {
    before();
    Entry entry = entries.get(requestId);
    if (entry != null && entry.state == State.OPEN && entry.request.claim() == claim) {
      entry.state = State.RELEASED;
      credit.merge(entry.request.tenantId(), entry.amount, Long::sum);
    }
    after();
  }

  @Override
  public synchronized int expireOverdue() {
    int expired = 0;
    Instant now = clock.instant();
    for (Entry entry : entries.values()) {
      if (entry.state == State.OPEN && entry.hold.expiresAt().isBefore(now)) {
        entry.state = State.EXPIRED;
        credit.merge(entry.request.tenantId(), entry.amount, Long::sum);
        expired++;
      }
    }
    return expired;
  }

  @Override
  public List<Hold> open(int limit) {
    return entries.values().stream()
        .filter(entry -> entry.state == State.OPEN)
        .map(entry -> entry.hold)
        .limit(limit)
        .toList();
  }

  private void before() {
    if (weather == Weather.AWAY) {
      throw new IllegalStateException("the database is away");
    }
  }

  private void after() {
    if (weather == Weather.ANSWER_LOST) {
      throw new IllegalStateException("the database's answer was lost");
    }
  }

  private static Money money(long units) {
    return new Money(BigDecimal.valueOf(units, 6), "EUR");
  }
}

package org.millrace.billing.ledger;

import java.math.BigDecimal;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.millrace.billing.api.BillingError;
import org.millrace.billing.api.BillingException;
import org.millrace.billing.api.Holds;
import org.millrace.billing.api.Money;
import org.millrace.billing.persistence.HoldStore.Placement;
import org.millrace.billing.persistence.Tables;
import org.millrace.billing.rating.Rates;
import org.millrace.db.TenantScope;
import org.millrace.transaction.UnitOfWork;

/** See {@link Holds}. Thread-safe. */
public final class HoldBook implements Holds {
  /** Bounds one run of a timer; the next run takes the rest. */
  static final int EXPIRED_PER_RUN_MAX = 10_000;

  private final UnitOfWork<Tables> work;
  private final InstantSource clock;

  public HoldBook(UnitOfWork<Tables> work, InstantSource clock) {
    this.work = work;
    this.clock = clock;
  }

  @Override
  public Hold place(HoldRequest request) {
    Checks.holdRequest(request);
    return work.in(TenantScope.of(request.tenantId()), tables -> place(tables, request));
  }

  private Hold place(Tables tables, HoldRequest request) {
    Instant now = now();
    Rates rates =
        tables.prices().rates(request.model()).orElseThrow(() -> noPrice(request.model()));
    Money amount = rates.most(request.worstCase());
    Placement placement =
        tables.holds().place(request, rates, amount, now, now.plus(request.timeout()));
    return switch (placement.verdict()) {
      case PLACED, REPEATED -> required(placement.hold()).view();
      case DUPLICATE ->
          throw new BillingException(
              BillingError.DUPLICATE_REQUEST,
              "request id '%s' was used for another request".formatted(request.requestId()));
      case OTHER_CURRENCY -> throw otherCurrency(amount, placement.walletCurrency());
      case INSUFFICIENT -> throw insufficient(amount, placement.available());
    };
  }

  @Override
  public Settlement settle(String requestId, Completion completion) {
    Checks.completion(completion);
    return work.in(
        TenantScope.ofRequest(requestId),
        tables -> {
          PlacedHold hold =
              tables.holds().lock(requestId).orElseThrow(() -> unknownHold(requestId));
          if (hold.state() == PlacedHold.State.SETTLED) {
            return hold.settlement();
          }
          Money cost = hold.settle(completion.usage());

          // From here it must succeed.
          UUID transfer = tables.holds().settle(hold, completion, cost, now());
          return new Settlement(hold.id(), transfer, cost, hold.amount().minus(cost));
        });
  }

  @Override
  public void release(String requestId, long claim) {
    work.<@Nullable Void>in(
        TenantScope.ofRequest(requestId),
        tables -> {
          tables.holds().release(requestId, claim, now());
          return null;
        });
  }

  @Override
  public int expireOverdue() {
    int expired = 0;
    // Each in its own transaction: whoever waits for a wallet waits for one hold, not for all of
    // them.
    while (expired < EXPIRED_PER_RUN_MAX
        && work.in(TenantScope.platform(), tables -> tables.holds().expireOne(now()))) {
      expired++;
    }
    return expired;
  }

  @Override
  public List<Hold> open(int limit) {
    Checks.limit(limit);
    return work.in(
        TenantScope.platform(),
        tables -> tables.holds().open(limit).stream().map(PlacedHold::view).toList());
  }

  private static PlacedHold required(@Nullable PlacedHold hold) {
    if (hold == null) {
      throw new IllegalStateException("the database placed a hold and did not say which");
    }
    return hold;
  }

  private static BillingException noPrice(String model) {
    return new BillingException(
        BillingError.NO_PRICE,
        "model '%s' has no price; an admin can set one (zero is allowed)".formatted(model));
  }

  private static BillingException unknownHold(String requestId) {
    return new BillingException(
        BillingError.UNKNOWN_HOLD, "there is no hold for request '%s'".formatted(requestId));
  }

  private static BillingException otherCurrency(Money amount, String walletCurrency) {
    return new BillingException(
        BillingError.INSUFFICIENT_CREDIT,
        "the model is priced in %s; the tenant's credit is in %s"
            .formatted(amount.currency(), walletCurrency));
  }

  private static BillingException insufficient(Money amount, @Nullable BigDecimal available) {
    Money left = new Money(available == null ? BigDecimal.ZERO : available, amount.currency());
    return new BillingException(
        BillingError.INSUFFICIENT_CREDIT,
        "the request may cost up to %s %s; available are %s %s (credit less what running requests hold)"
            .formatted(amount.plain(), amount.currency(), left.plain(), left.currency()));
  }

  /** As precise as the database, so that what is answered is what is stored. */
  private Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.MICROS);
  }
}

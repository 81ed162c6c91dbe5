package org.millrace.billing.ledger;

import java.math.BigDecimal;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.millrace.billing.api.BillingError;
import org.millrace.billing.api.BillingException;
import org.millrace.billing.api.Holds;
import org.millrace.billing.api.Money;
import org.millrace.billing.ledger.Operation.Shared;
import org.millrace.billing.persistence.HoldStore.Placement;
import org.millrace.billing.persistence.Tables;
import org.millrace.billing.rating.Rates;
import org.millrace.db.TenantScope;
import org.millrace.transaction.UnitOfWork;

/** See {@link Holds}. Thread-safe. */
public final class HoldBook implements Holds {
  /** Bounds one run of a timer; the next run takes the rest. */
  static final int EXPIRED_PER_RUN_MAX = 10_000;

  /** Bounds how long a transaction keeps a wallet's row. */
  static final int TOGETHER_MAX = 32;

  private static final int REMEMBERED_MAX = 10_000;

  private final UnitOfWork<Tables> work;
  private final InstantSource clock;
  private final Line<UUID, Operation<?>> line = new Line<>(TOGETHER_MAX);

  /**
   * Whose the open requests are that were placed here: a settlement names only its request. What is
   * forgotten is asked of the database.
   */
  private final Map<String, UUID> tenants = new ConcurrentHashMap<>();

  public HoldBook(UnitOfWork<Tables> work, InstantSource clock) {
    this.work = work;
    this.clock = clock;
  }

  @Override
  public Hold place(HoldRequest request) {
    Checks.holdRequest(request);
    UUID tenant = request.tenantId();
    Hold hold = together(tenant, new Operation<>(null, shared -> place(shared, request)));
    if (tenants.size() >= REMEMBERED_MAX) {
      tenants.clear();
    }
    tenants.put(request.requestId(), tenant);
    return hold;
  }

  private static Hold place(Shared shared, HoldRequest request) {
    Instant now = shared.now();
    Rates rates = shared.ratesOf(request.model()).orElseThrow(() -> noPrice(request.model()));
    Money amount = rates.most(request.worstCase());
    Placement placement =
        shared.tables().holds().place(request, rates, amount, now, now.plus(request.timeout()));
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
    try {
      return together(
          tenantOf(requestId),
          new Operation<>(requestId, shared -> settle(shared, requestId, completion)));
    } finally {
      tenants.remove(requestId);
    }
  }

  private static Settlement settle(Shared shared, String requestId, Completion completion) {
    PlacedHold hold = shared.holds().get(requestId);
    if (hold == null) {
      throw unknownHold(requestId);
    }
    if (hold.state() == PlacedHold.State.SETTLED) {
      return hold.settlement();
    }
    Money cost = hold.settle(completion.usage());

    // From here it must succeed.
    UUID transfer = shared.tables().holds().settle(hold, completion, cost, shared.now());
    PlacedHold settled = hold.settled(cost, transfer);
    shared.holds().put(requestId, settled);
    return settled.settlement();
  }

  /**
   * Does an operation in one transaction with all that wait for the same wallet. Where one of them
   * makes the transaction fail, each is done alone: they are idempotent, so what a lost answer
   * leaves open is answered as it was done.
   */
  private <R> R together(UUID tenant, Operation<R> operation) {
    line.stand(
        tenant,
        operation,
        waiting -> {
          try {
            inOneTransaction(tenant, waiting);
          } catch (RuntimeException failure) {
            if (waiting.size() == 1 || Operation.concernsAll(failure)) {
              waiting.forEach(one -> one.fail(failure));
            } else {
              waiting.forEach(one -> alone(tenant, one));
            }
          }
        });
    return operation.answer();
  }

  private void alone(UUID tenant, Operation<?> operation) {
    try {
      inOneTransaction(tenant, List.of(operation));
    } catch (RuntimeException failure) {
      operation.fail(failure);
    }
  }

  private void inOneTransaction(UUID tenant, List<Operation<?>> operations) {
    work.<@Nullable Void>in(
        TenantScope.of(tenant),
        tables -> {
          var shared = Shared.begin(tables, now(), operations);
          operations.forEach(operation -> operation.run(shared));
          return null;
        });
  }

  private UUID tenantOf(String requestId) {
    UUID remembered = tenants.get(requestId);
    return remembered != null
        ? remembered
        : work.in(TenantScope.none(), tables -> tables.holds().tenantOf(requestId))
            .orElseThrow(() -> unknownHold(requestId));
  }

  @Override
  public void release(String requestId, long claim) {
    tenants.remove(requestId);
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

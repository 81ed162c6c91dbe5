package org.millrace.billing.ledger;

import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.millrace.billing.api.BillingError;
import org.millrace.billing.api.BillingException;
import org.millrace.billing.api.Holds.Hold;
import org.millrace.billing.api.Holds.Settlement;
import org.millrace.billing.api.Money;
import org.millrace.billing.api.TokenUsage;
import org.millrace.billing.rating.Rates;

/**
 * A hold as it stands: its worst case, the prices it was placed at, and how it ended if it has.
 *
 * @param cost what was posted; {@code null} unless settled
 * @param transferId the posted transfer; {@code null} unless settled
 */
public record PlacedHold(
    UUID id,
    String requestId,
    UUID tenantId,
    String model,
    TokenUsage worstCase,
    Rates rates,
    Money amount,
    Instant expiresAt,
    State state,
    @Nullable Money cost,
    @Nullable UUID transferId) {

  /** An end is for good. */
  public enum State {
    HELD,
    SETTLED,
    RELEASED,
    EXPIRED
  }

  public Hold view() {
    return new Hold(id, requestId, tenantId, model, amount, expiresAt);
  }

  /**
   * What this usage costs at the prices of the hold.
   *
   * @throws BillingException {@code HOLD_ENDED} unless it is open; {@code INVALID_VALUE} where more
   *     was used than held for
   */
  public Money settle(TokenUsage usage) {
    if (state != State.HELD) {
      throw new BillingException(
          BillingError.HOLD_ENDED,
          "the hold of request %s was %s; it cannot be settled"
              .formatted(requestId, state == State.EXPIRED ? "expired" : "ended as " + state));
    }
    requireAtMost("input", usage.inputTokens(), worstCase.inputTokens());
    requireAtMost("output", usage.outputTokens(), worstCase.outputTokens());
    return rates.cost(usage);
  }

  /** As it stands after it was settled. */
  PlacedHold settled(Money posted, UUID transfer) {
    return new PlacedHold(
        id,
        requestId,
        tenantId,
        model,
        worstCase,
        rates,
        amount,
        expiresAt,
        State.SETTLED,
        posted,
        transfer);
  }

  /** The answer to the first settle, for who asks again. */
  public Settlement settlement() {
    if (cost == null || transferId == null) {
      throw new IllegalStateException("hold " + id + " is " + state + ", not settled");
    }
    return new Settlement(id, transferId, cost, amount.minus(cost));
  }

  private void requireAtMost(String what, long used, long held) {
    if (used > held) {
      throw new BillingException(
          BillingError.INVALID_VALUE,
          "request %s used %d %s tokens; the hold is for %d"
              .formatted(requestId, used, what, held));
    }
  }
}

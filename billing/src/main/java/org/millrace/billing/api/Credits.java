package org.millrace.billing.api;

import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.millrace.tenancy.api.Actor;

/** Prepaid credit and balances. Every change writes its audit row in the same transaction. */
public interface Credits {
  /**
   * Gives a tenant credit: a transfer into its account.
   *
   * @param reference idempotency: one grant per tenant and reference
   * @param priority lower is used first
   * @param expiresAt {@code null} for never
   */
  Grant grant(
      Actor actor,
      UUID tenantId,
      String reference,
      Money amount,
      int priority,
      @Nullable Instant expiresAt);

  /** What a tenant has and holds now. */
  Balance balance(UUID tenantId);

  /** A credit grant; {@code remaining} is what neither usage nor expiry has taken. */
  record Grant(
      UUID id,
      String reference,
      Money amount,
      Money remaining,
      int priority,
      Instant grantedAt,
      @Nullable Instant expiresAt) {}

  /**
   * @param available can be spent: credit less what is held
   * @param held reserved by running requests
   */
  record Balance(UUID tenantId, Money available, Money held, List<Grant> grants) {}
}

package org.millrace.webapi.account;

import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.millrace.billing.api.Credits;
import org.millrace.billing.api.Money;
import org.millrace.tenancy.api.Actor;

/** Ten dollars for everyone, of which one is held. */
public final class FakeCredits implements Credits {
  @Override
  public Grant grant(
      Actor actor,
      UUID tenantId,
      String reference,
      Money amount,
      int priority,
      @Nullable Instant expiresAt) {
    return new Grant(tenantId, reference, amount, amount, priority, Instant.EPOCH, expiresAt);
  }

  @Override
  public Balance balance(UUID tenantId) {
    var ten = Money.of("10", "USD");
    return new Balance(
        tenantId,
        Money.of("9", "USD"),
        Money.of("1", "USD"),
        List.of(new Grant(tenantId, "welcome", ten, ten, 100, Instant.EPOCH, null)));
  }
}

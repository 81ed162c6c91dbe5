package org.millrace.console.fake;

import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.millrace.billing.api.Credits;
import org.millrace.billing.api.Money;
import org.millrace.tenancy.api.Actor;

/** Grants in a map; nothing is ever used. */
@Singleton
public class FakeCredits implements Credits {
  public final Map<UUID, List<Grant>> grants = new HashMap<>();
  public Money held = Money.zero("EUR");

  @Override
  public Grant grant(
      Actor actor,
      UUID tenantId,
      String reference,
      Money amount,
      int priority,
      @Nullable Instant expiresAt) {
    var grant =
        new Grant(UUID.randomUUID(), reference, amount, amount, priority, Instant.now(), expiresAt);
    grants.computeIfAbsent(tenantId, t -> new ArrayList<>()).add(grant);
    return grant;
  }

  @Override
  public Balance balance(UUID tenantId) {
    List<Grant> own = grants.getOrDefault(tenantId, List.of());
    Money sum = own.stream().map(Grant::remaining).reduce(Money.zero("EUR"), Money::plus);
    return new Balance(tenantId, sum.minus(held), held, List.copyOf(own));
  }
}

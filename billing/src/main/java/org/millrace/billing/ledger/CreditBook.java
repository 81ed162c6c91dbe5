package org.millrace.billing.ledger;

import java.math.BigDecimal;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.millrace.billing.access.Access;
import org.millrace.billing.api.BillingError;
import org.millrace.billing.api.BillingException;
import org.millrace.billing.api.Credits;
import org.millrace.billing.api.Money;
import org.millrace.billing.persistence.CreditStore;
import org.millrace.billing.persistence.CreditStore.NewGrant;
import org.millrace.billing.persistence.CreditStore.Wallet;
import org.millrace.billing.persistence.Tables;
import org.millrace.db.TenantScope;
import org.millrace.tenancy.api.Actor;
import org.millrace.tenancy.api.AuditTrail;
import org.millrace.transaction.UnitOfWork;

/** See {@link Credits}. Thread-safe. */
public final class CreditBook implements Credits {
  private final UnitOfWork<Tables> work;
  private final AuditTrail audit;
  private final InstantSource clock;
  private final String defaultCurrency;

  /**
   * @param defaultCurrency of the nothing that a tenant has which was never given credit
   */
  public CreditBook(
      UnitOfWork<Tables> work, AuditTrail audit, InstantSource clock, String defaultCurrency) {
    this.work = work;
    this.audit = audit;
    this.clock = clock;
    this.defaultCurrency = defaultCurrency;
  }

  @Override
  public Grant grant(
      Actor actor,
      UUID tenantId,
      String reference,
      Money amount,
      int priority,
      @Nullable Instant expiresAt) {
    TenantScope scope = Access.toChangeMoney(actor);
    Checks.text("the reference", reference);
    Checks.grant(amount);
    Instant expiry = expiresAt == null ? null : expiresAt.truncatedTo(ChronoUnit.MICROS);
    NewGrant grant = new NewGrant(tenantId, reference, amount, priority, expiry);
    return work.in(scope, tables -> grant(tables, actor, grant));
  }

  private Grant grant(Tables tables, Actor actor, NewGrant grant) {
    Instant now = now();
    // A repeated grant is answered even when its time is over: it was given once.
    Optional<Grant> before = tables.credits().find(grant.tenantId(), grant.reference());
    if (before.isEmpty() && grant.expiresAt() != null && !grant.expiresAt().isAfter(now)) {
      throw Checks.refused(
          "the grant expires at %s, which is not after now (%s)".formatted(grant.expiresAt(), now));
    }
    switch (tables.credits().grant(grant, now)) {
      case GRANTED -> {
        tables.prices().openPlatformAccounts(grant.amount().currency());
        recordGrant(actor, grant);
      }
      case REPEATED -> {}
      case DUPLICATE ->
          throw new BillingException(
              BillingError.DUPLICATE_REQUEST,
              "reference '%s' was used for another grant to this tenant"
                  .formatted(grant.reference()));
      case OTHER_CURRENCY ->
          throw Checks.refused(
              "the tenant's credit is in another currency than %s; a tenant has one"
                  .formatted(grant.amount().currency()));
    }
    return tables.credits().find(grant.tenantId(), grant.reference()).orElseThrow();
  }

  private void recordGrant(Actor actor, NewGrant grant) {
    audit.append(
        actor,
        grant.tenantId(),
        "credit.grant",
        grant.reference(),
        Map.of(
            "amount", grant.amount().plain(),
            "currency", grant.amount().currency(),
            "priority", Integer.toString(grant.priority()),
            "expires", grant.expiresAt() == null ? "never" : grant.expiresAt().toString()));
  }

  @Override
  public Balance balance(UUID tenantId) {
    return work.in(
        TenantScope.of(tenantId),
        tables -> {
          CreditStore credits = tables.credits();
          credits.expireGrants(tenantId, now());
          Wallet wallet =
              credits
                  .wallet(tenantId)
                  .orElse(new Wallet(BigDecimal.ZERO, BigDecimal.ZERO, defaultCurrency));
          Money held = new Money(wallet.held(), wallet.currency());
          Money available = new Money(wallet.balance(), wallet.currency()).minus(held);
          return new Balance(tenantId, available, held, credits.grants(tenantId));
        });
  }

  /**
   * Takes back what remains of grants past their time, of all tenants; returns how many grants it
   * took from. For a timer.
   */
  public int expireGrants() {
    int grants = 0;
    var tenants =
        work.in(TenantScope.platform(), tables -> tables.credits().tenantsWithExpiredGrants(now()));
    for (UUID tenant : tenants) {
      grants +=
          work.in(TenantScope.of(tenant), tables -> tables.credits().expireGrants(tenant, now()));
    }
    return grants;
  }

  /** As precise as the database, so that what is answered is what is stored. */
  private Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.MICROS);
  }
}

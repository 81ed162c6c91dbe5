package org.millrace.billing.ejb;

import jakarta.ejb.EJB;
import jakarta.ejb.Local;
import jakarta.ejb.Stateless;
import jakarta.ejb.TransactionManagement;
import jakarta.ejb.TransactionManagementType;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.millrace.billing.api.Credits;
import org.millrace.billing.api.Money;
import org.millrace.tenancy.api.Actor;

/** See {@link org.millrace.billing.ledger.CreditBook}. */
@Stateless
@Local(Credits.class)
@TransactionManagement(TransactionManagementType.BEAN)
public class CreditsBean implements Credits {
  @EJB
  @SuppressWarnings("NullAway.Init")
  private Billing billing;

  @Override
  public Grant grant(
      Actor actor,
      UUID tenantId,
      String reference,
      Money amount,
      int priority,
      @Nullable Instant expiresAt) {
    return billing.credits().grant(actor, tenantId, reference, amount, priority, expiresAt);
  }

  @Override
  public Balance balance(UUID tenantId) {
    return billing.credits().balance(tenantId);
  }
}

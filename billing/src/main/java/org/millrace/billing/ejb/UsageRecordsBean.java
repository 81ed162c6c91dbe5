package org.millrace.billing.ejb;

import jakarta.ejb.EJB;
import jakarta.ejb.Local;
import jakarta.ejb.Stateless;
import jakarta.ejb.TransactionManagement;
import jakarta.ejb.TransactionManagementType;
import java.time.LocalDate;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.millrace.billing.api.UsageRecords;
import org.millrace.tenancy.api.Actor;

/** See {@link org.millrace.billing.ledger.UsageBook}. */
@Stateless
@Local(UsageRecords.class)
@TransactionManagement(TransactionManagementType.BEAN)
public class UsageRecordsBean implements UsageRecords {
  @EJB
  @SuppressWarnings("NullAway.Init")
  private Billing billing;

  @Override
  public List<UsageRecord> latest(Actor actor, @Nullable UUID tenantId, int limit) {
    return billing.usage().latest(actor, tenantId, limit);
  }

  @Override
  public List<DailyUsage> daily(
      Actor actor, @Nullable UUID tenantId, LocalDate from, LocalDate to) {
    return billing.usage().daily(actor, tenantId, from, to);
  }

  @Override
  public Optional<UsageRecord> find(UUID tenantId, String requestId) {
    return billing.usage().find(tenantId, requestId);
  }
}

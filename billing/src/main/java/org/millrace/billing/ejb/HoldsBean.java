package org.millrace.billing.ejb;

import jakarta.ejb.EJB;
import jakarta.ejb.Local;
import jakarta.ejb.Stateless;
import jakarta.ejb.TransactionManagement;
import jakarta.ejb.TransactionManagementType;
import java.util.List;
import org.millrace.billing.api.Holds;

/** See {@link org.millrace.billing.ledger.HoldBook}. */
@Stateless
@Local(Holds.class)
@TransactionManagement(TransactionManagementType.BEAN)
public class HoldsBean implements Holds {
  @EJB
  @SuppressWarnings("NullAway.Init")
  private Billing billing;

  @Override
  public Hold place(HoldRequest request) {
    return billing.holds().place(request);
  }

  @Override
  public Settlement settle(String requestId, Completion completion) {
    return billing.holds().settle(requestId, completion);
  }

  @Override
  public void release(String requestId, long claim) {
    billing.holds().release(requestId, claim);
  }

  @Override
  public int expireOverdue() {
    return billing.holds().expireOverdue();
  }

  @Override
  public List<Hold> open(int limit) {
    return billing.holds().open(limit);
  }
}

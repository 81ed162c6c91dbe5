package org.millrace.billing.ejb;

import jakarta.ejb.EJB;
import jakarta.ejb.Schedule;
import jakarta.ejb.Singleton;
import jakarta.ejb.TransactionManagement;
import jakarta.ejb.TransactionManagementType;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import org.millrace.billing.api.BillingException;

/**
 * Ends what is past its time: holds that nobody settled, and grants. Runs on every node; they do
 * not get in each other's way. Not in the first minutes: a server that was down for long settles
 * first what its journal says was delivered.
 */
@Singleton
@TransactionManagement(TransactionManagementType.BEAN)
public class OverdueTimer {
  private static final Logger LOG = System.getLogger(OverdueTimer.class.getName());
  private static final Duration FIRST_AFTER = Duration.ofMinutes(2);

  private final long startedAtNanos = System.nanoTime();

  @EJB
  @SuppressWarnings("NullAway.Init")
  private Billing billing;

  @Schedule(hour = "*", minute = "*", second = "*/30", persistent = false)
  void expire() {
    if (System.nanoTime() - startedAtNanos < FIRST_AFTER.toNanos()) {
      return;
    }
    try {
      int holds = billing.holds().expireOverdue();
      int grants = billing.credits().expireGrants();
      if (holds + grants > 0) {
        LOG.log(Level.INFO, "expired {0} holds and {1} credit grants", holds, grants);
      }
    } catch (BillingException e) {
      LOG.log(
          Level.WARNING, "overdue holds and grants are left for the next run: " + e.getMessage());
    } catch (RuntimeException e) {
      // Never thrown on: the container takes away a timer that throws.
      LOG.log(Level.ERROR, "overdue holds and grants are left for the next run", e);
    }
  }
}

package org.millrace.billing.persistence;

import org.millrace.billing.api.BillingError;
import org.millrace.billing.api.BillingException;
import org.millrace.db.Outage;
import org.millrace.tenancy.api.TenancyError;
import org.millrace.tenancy.api.TenancyException;

/** Turns what the database says into what billing says. */
public final class DatabaseFailures {
  private static final String FOREIGN_KEY_VIOLATION = "23503";
  private static final String UNIQUE_VIOLATION = "23505";

  private DatabaseFailures() {}

  /**
   * The refusal to throw instead of this failure; a failure that is nobody's fault but ours stays
   * as it is.
   */
  public static RuntimeException translated(Exception failure) {
    if (failure instanceof BillingException refusal) {
      return refusal;
    }
    if (Outage.isBehind(failure) || isOfTheTransactionManager(failure) || isTenancyAway(failure)) {
      return new BillingException(
          BillingError.UNAVAILABLE,
          "the database does not answer at the moment; try again in a few seconds");
    }
    return switch (Outage.sqlState(failure)) {
      case FOREIGN_KEY_VIOLATION ->
          new BillingException(
              BillingError.NOT_FOUND, "there is no such tenant, or no such key in its project");
      case UNIQUE_VIOLATION ->
          new BillingException(
              BillingError.DUPLICATE_REQUEST, "the same was done at the same time; look again");
      default ->
          failure instanceof RuntimeException unexpected
              ? unexpected
              : new IllegalStateException(failure);
    };
  }

  /**
   * It throws checked exceptions, and when the database goes away during a commit it does not say
   * why it could not.
   */
  private static boolean isOfTheTransactionManager(Exception failure) {
    return !(failure instanceof RuntimeException) && Outage.sqlState(failure).isEmpty();
  }

  private static boolean isTenancyAway(Exception failure) {
    return failure instanceof TenancyException refusal
        && refusal.error() == TenancyError.UNAVAILABLE;
  }
}

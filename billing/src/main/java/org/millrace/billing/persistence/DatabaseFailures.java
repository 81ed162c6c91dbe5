package org.millrace.billing.persistence;

import java.util.Map;
import org.millrace.billing.api.BillingError;
import org.millrace.billing.api.BillingException;
import org.millrace.tenancy.api.TenancyError;
import org.millrace.tenancy.api.TenancyException;
import org.millrace.transaction.FailureWords;

/** Turns what the database says into what billing says. */
public final class DatabaseFailures {
  private static final FailureWords WORDS =
      new FailureWords(
          BillingException.class,
          message -> new BillingException(BillingError.UNAVAILABLE, message),
          Map.of(
              FailureWords.FOREIGN_KEY_VIOLATION,
              () ->
                  new BillingException(
                      BillingError.NOT_FOUND,
                      "there is no such tenant, or no such key in its project"),
              FailureWords.UNIQUE_VIOLATION,
              () ->
                  new BillingException(
                      BillingError.DUPLICATE_REQUEST,
                      "the same was done at the same time; look again")));

  private DatabaseFailures() {}

  /** See {@link FailureWords#translated}; tenancy's database is ours. */
  public static RuntimeException translated(Exception failure) {
    return isTenancyAway(failure) ? WORDS.away() : WORDS.translated(failure);
  }

  private static boolean isTenancyAway(Exception failure) {
    return failure instanceof TenancyException refusal
        && refusal.error() == TenancyError.UNAVAILABLE;
  }
}

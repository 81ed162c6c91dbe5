package org.millrace.tenancy.persistence;

import org.millrace.db.Outage;
import org.millrace.tenancy.api.TenancyError;
import org.millrace.tenancy.api.TenancyException;

/** Turns what the database says into what tenancy says. */
public final class DatabaseFailures {
  private static final String UNIQUE_VIOLATION = "23505";

  private DatabaseFailures() {}

  /**
   * The refusal to throw instead of this failure; a failure that is nobody's fault but ours stays
   * as it is.
   */
  public static RuntimeException translated(Exception failure) {
    if (failure instanceof TenancyException refusal) {
      return refusal;
    }
    if (Outage.isBehind(failure) || isOfTheTransactionManager(failure)) {
      return unavailable();
    }
    if (Outage.sqlState(failure).equals(UNIQUE_VIOLATION)) {
      return new TenancyException(
          TenancyError.NAME_TAKEN, "somebody else has just taken this name; choose another one");
    }
    return failure instanceof RuntimeException unexpected
        ? unexpected
        : new IllegalStateException(failure);
  }

  /**
   * It throws checked exceptions, and when the database goes away during a commit it does not say
   * why it could not.
   */
  private static boolean isOfTheTransactionManager(Exception failure) {
    return !(failure instanceof RuntimeException) && Outage.sqlState(failure).isEmpty();
  }

  /** The database is away or has no connection to spare. */
  public static TenancyException unavailable() {
    return new TenancyException(
        TenancyError.UNAVAILABLE,
        "the database does not answer at the moment; try again in a few seconds");
  }
}

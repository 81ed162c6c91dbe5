package org.millrace.transaction;

import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import org.millrace.db.Outage;

/**
 * Turns what the database says into what a module says.
 *
 * @param own the module's refusals, which stay as they are
 * @param unavailable makes one of them, of a message: the database is away
 * @param refusals by SQLSTATE
 */
public record FailureWords(
    Class<? extends RuntimeException> own,
    Function<String, RuntimeException> unavailable,
    Map<String, Supplier<RuntimeException>> refusals) {
  public static final String FOREIGN_KEY_VIOLATION = "23503";
  public static final String UNIQUE_VIOLATION = "23505";

  /**
   * The refusal to throw instead of this failure; a failure that is nobody's fault but ours stays
   * as it is.
   */
  public RuntimeException translated(Exception failure) {
    if (own.isInstance(failure)) {
      return own.cast(failure);
    }
    if (Outage.isBehind(failure) || isOfTheTransactionManager(failure)) {
      return away();
    }
    var refusal = refusals.get(Outage.sqlState(failure));
    if (refusal != null) {
      return refusal.get();
    }
    return failure instanceof RuntimeException unexpected
        ? unexpected
        : new IllegalStateException(failure);
  }

  /** The database is away or has no connection to spare. */
  public RuntimeException away() {
    return unavailable.apply(
        "the database does not answer at the moment; try again in a few seconds");
  }

  /**
   * It throws checked exceptions, and when the database goes away during a commit it does not say
   * why it could not.
   */
  private static boolean isOfTheTransactionManager(Exception failure) {
    return !(failure instanceof RuntimeException) && Outage.sqlState(failure).isEmpty();
  }
}

package org.millrace.tenancy.persistence;

import java.util.Map;
import org.millrace.tenancy.api.TenancyError;
import org.millrace.tenancy.api.TenancyException;
import org.millrace.transaction.FailureWords;

/** Turns what the database says into what tenancy says. */
public final class DatabaseFailures {
  private static final FailureWords WORDS =
      new FailureWords(
          TenancyException.class,
          message -> new TenancyException(TenancyError.UNAVAILABLE, message),
          Map.of(
              FailureWords.UNIQUE_VIOLATION,
              () ->
                  new TenancyException(
                      TenancyError.NAME_TAKEN,
                      "somebody else has just taken this name; choose another one")));

  private DatabaseFailures() {}

  /** See {@link FailureWords#translated}. */
  public static RuntimeException translated(Exception failure) {
    return WORDS.translated(failure);
  }

  /** The database is away or has no connection to spare. */
  public static RuntimeException unavailable() {
    return WORDS.away();
  }
}

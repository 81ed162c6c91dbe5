package org.millrace.billing.persistence;

import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.millrace.db.TenantScope;

/** One transaction, all or nothing, within one tenant scope. */
public interface UnitOfWork {
  /**
   * Begins, enters the scope, works, commits.
   *
   * @throws org.millrace.billing.api.BillingException the work's own, after rolling back; or {@code
   *     UNAVAILABLE} where the database is away
   */
  <T extends @Nullable Object> T in(TenantScope scope, Function<Tables, T> work);
}

package org.millrace.transaction;

import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.millrace.db.TenantScope;

/**
 * Transactions, each all or nothing, each within one tenant scope.
 *
 * @param <T> what is worked on: a module's tables
 */
public interface UnitOfWork<T> {
  /**
   * Begins, enters the scope, works, commits.
   *
   * @throws RuntimeException the module's own refusals, after rolling back; one of them says that
   *     the database is away
   */
  <R extends @Nullable Object> R in(TenantScope scope, Function<T, R> work);
}

package org.millrace.transaction;

import jakarta.persistence.EntityManager;
import jakarta.transaction.Status;
import jakarta.transaction.SystemException;
import jakarta.transaction.UserTransaction;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.function.Function;
import java.util.function.Supplier;
import org.hibernate.Session;
import org.jspecify.annotations.Nullable;
import org.millrace.db.TenantScope;

/**
 * JTA transactions of their own, whatever the caller has. Begun and committed by hand, so that a
 * commit that fails is told like any other failure. A module's bean has the persistence unit and
 * hands it in.
 *
 * @param transaction asked anew for each transaction, because a bean may not ask before its first
 *     call
 * @param tables a module's tables over an entity manager
 * @param failures what the module says instead of a failure
 */
public record JtaTransactions<T>(
    Supplier<UserTransaction> transaction,
    EntityManager em,
    Function<EntityManager, T> tables,
    Function<Exception, RuntimeException> failures)
    implements UnitOfWork<T> {
  private static final Logger LOG = System.getLogger(JtaTransactions.class.getName());

  @Override
  public <R extends @Nullable Object> R in(TenantScope scope, Function<T, R> work) {
    UserTransaction current = transaction.get();
    try {
      current.begin();
      em.unwrap(Session.class).doWork(scope::enter);
      R result = work.apply(tables.apply(em));
      current.commit();
      return result;
    } catch (Exception e) {
      rollBack(current);
      RuntimeException translated = failures.apply(e);
      if (!e.equals(translated)) {
        LOG.log(Level.WARNING, "the database refused", e);
      }
      throw translated;
    }
  }

  private static void rollBack(UserTransaction transaction) {
    try {
      if (transaction.getStatus() != Status.STATUS_NO_TRANSACTION) {
        transaction.rollback();
      }
    } catch (SystemException e) {
      LOG.log(Level.WARNING, "cannot roll back", e);
    }
  }
}

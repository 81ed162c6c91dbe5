package org.millrace.billing.ejb;

import jakarta.annotation.Resource;
import jakarta.ejb.EJBContext;
import jakarta.ejb.LocalBean;
import jakarta.ejb.Stateless;
import jakarta.ejb.TransactionManagement;
import jakarta.ejb.TransactionManagementType;
import jakarta.persistence.EntityManager;
import jakarta.persistence.PersistenceContext;
import jakarta.transaction.Status;
import jakarta.transaction.SystemException;
import jakarta.transaction.UserTransaction;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.function.Function;
import org.hibernate.Session;
import org.jspecify.annotations.Nullable;
import org.millrace.billing.persistence.DatabaseFailures;
import org.millrace.billing.persistence.Tables;
import org.millrace.billing.persistence.UnitOfWork;
import org.millrace.db.TenantScope;

/**
 * A JTA transaction of its own, whatever the caller has. Begun and committed by hand, so that a
 * commit that fails is told like any other failure.
 */
@Stateless
@LocalBean
@TransactionManagement(TransactionManagementType.BEAN)
public class JtaUnitOfWork implements UnitOfWork {
  private static final Logger LOG = System.getLogger(JtaUnitOfWork.class.getName());

  @PersistenceContext(unitName = "billing")
  @SuppressWarnings("NullAway.Init")
  private EntityManager em;

  @Resource
  @SuppressWarnings("NullAway.Init")
  private EJBContext context;

  @Override
  public <T extends @Nullable Object> T in(TenantScope scope, Function<Tables, T> work) {
    UserTransaction transaction = context.getUserTransaction();
    try {
      transaction.begin();
      em.unwrap(Session.class).doWork(scope::enter);
      T result = work.apply(new Tables(em));
      transaction.commit();
      return result;
    } catch (Exception e) {
      rollBack(transaction);
      RuntimeException translated = DatabaseFailures.translated(e);
      if (!(e.equals(translated))) {
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

package org.millrace.billing.ejb;

import jakarta.annotation.PostConstruct;
import jakarta.annotation.Resource;
import jakarta.ejb.EJBContext;
import jakarta.ejb.LocalBean;
import jakarta.ejb.Stateless;
import jakarta.ejb.TransactionManagement;
import jakarta.ejb.TransactionManagementType;
import jakarta.persistence.EntityManager;
import jakarta.persistence.PersistenceContext;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.millrace.billing.persistence.DatabaseFailures;
import org.millrace.billing.persistence.Tables;
import org.millrace.db.TenantScope;
import org.millrace.transaction.JtaTransactions;
import org.millrace.transaction.UnitOfWork;

/** Transactions on the persistence unit of this module. See {@link JtaTransactions}. */
@Stateless
@LocalBean
@TransactionManagement(TransactionManagementType.BEAN)
public class JtaUnitOfWork implements UnitOfWork<Tables> {
  @PersistenceContext(unitName = "billing")
  @SuppressWarnings("NullAway.Init")
  private EntityManager em;

  @Resource
  @SuppressWarnings("NullAway.Init")
  private EJBContext context;

  @SuppressWarnings("NullAway.Init")
  private UnitOfWork<Tables> transactions;

  @PostConstruct
  void ready() {
    transactions =
        new JtaTransactions<>(
            context::getUserTransaction, em, Tables::new, DatabaseFailures::translated);
  }

  @Override
  public <R extends @Nullable Object> R in(TenantScope scope, Function<Tables, R> work) {
    return transactions.in(scope, work);
  }
}

package org.millrace.billing.persistence;

import jakarta.persistence.EntityManagerFactory;
import jakarta.persistence.PersistenceConfiguration;
import java.util.function.Function;
import javax.sql.DataSource;
import org.hibernate.Session;
import org.hibernate.jpa.HibernatePersistenceProvider;
import org.jspecify.annotations.Nullable;
import org.millrace.db.TenantScope;

/**
 * The unit of work without a container: Hibernate over a data source that logs in as the
 * application.
 */
public final class LocalUnitOfWork implements UnitOfWork, AutoCloseable {
  private final EntityManagerFactory factory;

  public LocalUnitOfWork(DataSource dataSource) {
    factory =
        new PersistenceConfiguration("billing")
            .provider(HibernatePersistenceProvider.class.getName())
            .managedClass(UsageRecordEntity.class)
            .property("jakarta.persistence.nonJtaDataSource", dataSource)
            .createEntityManagerFactory();
  }

  @Override
  public <T extends @Nullable Object> T in(TenantScope scope, Function<Tables, T> work) {
    try {
      return factory.callInTransaction(em -> {
        em.unwrap(Session.class).doWork(scope::enter);
        return work.apply(new Tables(em));
      });
    } catch (RuntimeException e) {
      throw DatabaseFailures.translated(e);
    }
  }

  @Override
  public void close() {
    factory.close();
  }
}

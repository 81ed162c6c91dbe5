package org.millrace.transaction;

import jakarta.persistence.EntityManager;
import jakarta.persistence.EntityManagerFactory;
import jakarta.persistence.PersistenceConfiguration;
import java.util.List;
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
public final class LocalUnitOfWork<T> implements UnitOfWork<T>, AutoCloseable {
  private final EntityManagerFactory factory;
  private final Function<EntityManager, T> tables;
  private final Function<Exception, RuntimeException> failures;

  public LocalUnitOfWork(
      DataSource dataSource,
      List<Class<?>> entities,
      Function<EntityManager, T> tables,
      Function<Exception, RuntimeException> failures) {
    this.tables = tables;
    this.failures = failures;
    var unit =
        new PersistenceConfiguration("local")
            .provider(HibernatePersistenceProvider.class.getName())
            .property("jakarta.persistence.nonJtaDataSource", dataSource);
    entities.forEach(unit::managedClass);
    factory = unit.createEntityManagerFactory();
  }

  @Override
  public <R extends @Nullable Object> R in(TenantScope scope, Function<T, R> work) {
    try {
      return factory.callInTransaction(em -> {
        em.unwrap(Session.class).doWork(scope::enter);
        return work.apply(tables.apply(em));
      });
    } catch (RuntimeException e) {
      throw failures.apply(e);
    }
  }

  @Override
  public void close() {
    factory.close();
  }
}

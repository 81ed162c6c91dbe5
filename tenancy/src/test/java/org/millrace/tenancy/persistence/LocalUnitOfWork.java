package org.millrace.tenancy.persistence;

import jakarta.persistence.EntityManagerFactory;
import jakarta.persistence.PersistenceConfiguration;
import java.util.function.Function;
import org.hibernate.Session;
import org.hibernate.jpa.HibernatePersistenceProvider;
import org.jspecify.annotations.Nullable;
import org.millrace.db.TenantScope;
import org.millrace.db.TestDatabase;

/**
 * The unit of work without a container: Hibernate on the test's database, as the application's
 * login.
 */
public final class LocalUnitOfWork implements UnitOfWork, AutoCloseable {
  private final EntityManagerFactory factory;

  public LocalUnitOfWork(TestDatabase database) {
    factory =
        new PersistenceConfiguration("tenancy")
            .provider(HibernatePersistenceProvider.class.getName())
            .managedClass(TenantEntity.class)
            .managedClass(ProjectEntity.class)
            .managedClass(ApiKeyEntity.class)
            .property("jakarta.persistence.jdbc.url", database.url())
            .property("jakarta.persistence.jdbc.user", "millrace_app")
            .property("jakarta.persistence.jdbc.password", TestDatabase.APP_PASSWORD)
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

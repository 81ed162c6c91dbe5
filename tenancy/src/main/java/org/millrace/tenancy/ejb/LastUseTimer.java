package org.millrace.tenancy.ejb;

import jakarta.annotation.PreDestroy;
import jakarta.annotation.Resource;
import jakarta.ejb.EJB;
import jakarta.ejb.EJBContext;
import jakarta.ejb.Schedule;
import jakarta.ejb.Singleton;
import jakarta.ejb.TransactionManagement;
import jakarta.ejb.TransactionManagementType;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import javax.sql.DataSource;
import org.millrace.tenancy.key.LastUse;
import org.millrace.tenancy.persistence.KeyTable;

/**
 * Writes when keys were last used, off the requests' way. A write that fails is lost; the next use
 * tells it again.
 */
@Singleton
@TransactionManagement(TransactionManagementType.BEAN)
public class LastUseTimer {
  private static final Logger LOG = System.getLogger(LastUseTimer.class.getName());

  @EJB
  @SuppressWarnings("NullAway.Init")
  private Tenancy tenancy;

  @Resource(lookup = "java:app/jdbc/millrace")
  @SuppressWarnings("NullAway.Init")
  private DataSource dataSource;

  @Resource
  @SuppressWarnings("NullAway.Init")
  private EJBContext context;

  @Schedule(hour = "*", minute = "*", second = "*/10", persistent = false)
  @PreDestroy
  void write() {
    List<LastUse.Use> due = tenancy.lastUse().takeDue(tenancy.clock().instant());
    if (due.isEmpty()) {
      return;
    }
    try {
      var transaction = context.getUserTransaction();
      transaction.begin();
      try (var connection = dataSource.getConnection()) {
        KeyTable.writeLastUse(connection, due);
        transaction.commit();
      } catch (Exception e) {
        transaction.rollback();
        throw e;
      }
    } catch (Exception e) {
      LOG.log(Level.WARNING, "cannot write the last use of " + due.size() + " API keys", e);
    }
  }
}

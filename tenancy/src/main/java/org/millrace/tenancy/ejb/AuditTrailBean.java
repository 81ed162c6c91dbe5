package org.millrace.tenancy.ejb;

import jakarta.annotation.PostConstruct;
import jakarta.ejb.EJB;
import jakarta.ejb.Local;
import jakarta.ejb.Stateless;
import jakarta.ejb.TransactionAttribute;
import jakarta.ejb.TransactionAttributeType;
import jakarta.persistence.EntityManager;
import jakarta.persistence.PersistenceContext;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.millrace.tenancy.admin.AuditReading;
import org.millrace.tenancy.api.Actor;
import org.millrace.tenancy.api.AuditTrail;
import org.millrace.tenancy.persistence.AuditLog;
import org.millrace.tenancy.persistence.DatabaseFailures;

/**
 * See {@link AuditTrail}. Appending joins the transaction of the change; where there is none, it is
 * one of its own.
 */
@Stateless
@Local(AuditTrail.class)
public class AuditTrailBean implements AuditTrail {
  @PersistenceContext(unitName = "tenancy")
  @SuppressWarnings("NullAway.Init")
  private EntityManager em;

  @EJB
  @SuppressWarnings("NullAway.Init")
  private Tenancy tenancy;

  @EJB
  @SuppressWarnings("NullAway.Init")
  private JtaUnitOfWork work;

  @SuppressWarnings("NullAway.Init")
  private AuditReading reading;

  @PostConstruct
  void ready() {
    reading = new AuditReading(work);
  }

  @Override
  @TransactionAttribute(TransactionAttributeType.REQUIRED)
  public void append(
      Actor actor,
      @Nullable UUID tenantId,
      String action,
      String subject,
      Map<String, String> details) {
    try {
      new AuditLog(em)
          .append(
              new AuditLog.Event(actor, tenantId, action, subject, details),
              tenancy.clock().instant().truncatedTo(ChronoUnit.MICROS));
    } catch (RuntimeException e) {
      throw DatabaseFailures.translated(e);
    }
  }

  @Override
  @TransactionAttribute(TransactionAttributeType.NOT_SUPPORTED)
  public List<AuditEntry> list(Actor actor, @Nullable UUID tenantId, int limit) {
    return reading.list(actor, tenantId, limit);
  }

  @Override
  @TransactionAttribute(TransactionAttributeType.NOT_SUPPORTED)
  public OptionalLong firstBroken() {
    return reading.firstBroken();
  }
}

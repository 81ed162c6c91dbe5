package org.millrace.tenancy.admin;

import java.util.List;
import java.util.OptionalLong;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.millrace.db.TenantScope;
import org.millrace.tenancy.access.Access;
import org.millrace.tenancy.api.Actor;
import org.millrace.tenancy.api.AuditTrail.AuditEntry;
import org.millrace.tenancy.persistence.Tables;
import org.millrace.transaction.UnitOfWork;

/** What may be read of the audit trail, and whether it is whole. Thread-safe. */
public final class AuditReading {
  private final UnitOfWork<Tables> work;

  public AuditReading(UnitOfWork<Tables> work) {
    this.work = work;
  }

  public List<AuditEntry> list(Actor actor, @Nullable UUID tenantId, int limit) {
    Checks.limit(limit);
    return work.in(Access.toAudit(actor, tenantId), tables -> tables.audit().list(tenantId, limit));
  }

  public OptionalLong firstBroken() {
    return work.in(TenantScope.none(), tables -> tables.audit().firstBroken());
  }
}

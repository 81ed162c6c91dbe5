package org.millrace.tenancy.persistence;

import jakarta.persistence.EntityManager;

/** The tables, within one transaction. */
public final class Tables {
  private final EntityManager em;

  public Tables(EntityManager em) {
    this.em = em;
  }

  public TenantStore tenants() {
    return new TenantStore(em);
  }

  public KeyStore keys() {
    return new KeyStore(em);
  }

  public AuditLog audit() {
    return new AuditLog(em);
  }
}

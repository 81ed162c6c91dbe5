package org.millrace.billing.persistence;

import jakarta.persistence.EntityManager;

/** The tables, within one transaction. */
public final class Tables {
  private final EntityManager em;

  public Tables(EntityManager em) {
    this.em = em;
  }

  public HoldStore holds() {
    return new HoldStore(new Statements(em));
  }

  public CreditStore credits() {
    return new CreditStore(new Statements(em));
  }

  public PriceStore prices() {
    return new PriceStore(new Statements(em));
  }

  public UsageStore usage() {
    return new UsageStore(em);
  }
}

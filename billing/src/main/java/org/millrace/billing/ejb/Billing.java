package org.millrace.billing.ejb;

import jakarta.annotation.PostConstruct;
import jakarta.ejb.ConcurrencyManagement;
import jakarta.ejb.ConcurrencyManagementType;
import jakarta.ejb.EJB;
import jakarta.ejb.LocalBean;
import jakarta.ejb.Singleton;
import jakarta.ejb.Startup;
import jakarta.ejb.TransactionManagement;
import jakarta.ejb.TransactionManagementType;
import java.time.InstantSource;
import org.eclipse.microprofile.config.ConfigProvider;
import org.millrace.billing.api.Holds;
import org.millrace.billing.api.Prices;
import org.millrace.billing.api.UsageRecords;
import org.millrace.billing.ledger.CreditBook;
import org.millrace.billing.ledger.HoldBook;
import org.millrace.billing.ledger.PriceBook;
import org.millrace.billing.ledger.UsageBook;
import org.millrace.tenancy.api.AuditTrail;

/**
 * What billing's beans share: the books, one clock. Made at start, so that a wrong setting stops
 * the application then.
 */
@Singleton
@Startup
@LocalBean
@ConcurrencyManagement(ConcurrencyManagementType.BEAN)
@TransactionManagement(TransactionManagementType.BEAN)
public class Billing {
  @EJB
  @SuppressWarnings("NullAway.Init")
  private JtaUnitOfWork work;

  @EJB
  @SuppressWarnings("NullAway.Init")
  private AuditTrail audit;

  @SuppressWarnings("NullAway.Init")
  private Holds holds;

  @SuppressWarnings("NullAway.Init")
  private CreditBook credits;

  @SuppressWarnings("NullAway.Init")
  private Prices prices;

  @SuppressWarnings("NullAway.Init")
  private UsageRecords usage;

  @PostConstruct
  void start() {
    var settings = ConfigProvider.getConfig();
    BillingConfig config = BillingConfig.read(key -> settings.getOptionalValue(key, String.class));
    InstantSource clock = InstantSource.system();
    holds = new HoldBook(work, clock);
    credits = new CreditBook(work, audit, clock, config.defaultCurrency());
    prices = new PriceBook(work, audit, clock);
    usage = new UsageBook(work);
  }

  public Holds holds() {
    return holds;
  }

  public CreditBook credits() {
    return credits;
  }

  public Prices prices() {
    return prices;
  }

  public UsageRecords usage() {
    return usage;
  }
}

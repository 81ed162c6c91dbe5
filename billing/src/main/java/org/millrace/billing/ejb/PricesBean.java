package org.millrace.billing.ejb;

import jakarta.ejb.EJB;
import jakarta.ejb.Local;
import jakarta.ejb.Stateless;
import jakarta.ejb.TransactionManagement;
import jakarta.ejb.TransactionManagementType;
import java.math.BigDecimal;
import java.util.List;
import org.millrace.billing.api.Prices;
import org.millrace.tenancy.api.Actor;

/** See {@link org.millrace.billing.ledger.PriceBook}. */
@Stateless
@Local(Prices.class)
@TransactionManagement(TransactionManagementType.BEAN)
public class PricesBean implements Prices {
  @EJB
  @SuppressWarnings("NullAway.Init")
  private Billing billing;

  @Override
  public List<Price> current() {
    return billing.prices().current();
  }

  @Override
  public void set(
      Actor actor,
      String model,
      BigDecimal input,
      BigDecimal cachedInput,
      BigDecimal output,
      String currency) {
    billing.prices().set(actor, model, input, cachedInput, output, currency);
  }
}

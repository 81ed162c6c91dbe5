package org.millrace.tenancy.ejb;

import jakarta.ejb.EJB;
import jakarta.ejb.Local;
import jakarta.ejb.Stateless;
import jakarta.ejb.TransactionManagement;
import jakarta.ejb.TransactionManagementType;
import org.jspecify.annotations.Nullable;
import org.millrace.tenancy.api.Caller;
import org.millrace.tenancy.api.KeyAuthenticator;

/**
 * See {@link KeyAuthenticator}. Needs no transaction: it asks one thing of the database, now and
 * then.
 */
@Stateless
@Local(KeyAuthenticator.class)
@TransactionManagement(TransactionManagementType.BEAN)
public class KeyAuthenticatorBean implements KeyAuthenticator {
  @EJB
  @SuppressWarnings("NullAway.Init")
  private Tenancy tenancy;

  @Override
  public Caller authenticate(@Nullable String presentedKey) {
    return tenancy.authentication().authenticate(presentedKey);
  }
}

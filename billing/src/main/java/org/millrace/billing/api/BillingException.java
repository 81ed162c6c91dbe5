package org.millrace.billing.api;

import jakarta.ejb.ApplicationException;

/**
 * A refusal by billing. The message names the value and the limit and is fit to be shown to the
 * caller.
 */
@ApplicationException(rollback = true)
public final class BillingException extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private final BillingError error;

  public BillingException(BillingError error, String message) {
    super(message);
    this.error = error;
  }

  public BillingError error() {
    return error;
  }
}

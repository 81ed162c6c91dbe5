package org.millrace.tenancy.api;

import jakarta.ejb.ApplicationException;

/**
 * A refusal by tenancy. The message names the value and the limit and is fit to be shown to the
 * caller.
 */
@ApplicationException(rollback = true)
public final class TenancyException extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private final TenancyError error;

  public TenancyException(TenancyError error, String message) {
    super(message);
    this.error = error;
  }

  public TenancyError error() {
    return error;
  }
}

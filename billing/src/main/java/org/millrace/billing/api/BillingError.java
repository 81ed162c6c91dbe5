package org.millrace.billing.api;

/** Every way in which billing refuses, with a number that never changes its meaning. */
public enum BillingError {
  INSUFFICIENT_CREDIT(1001),
  NO_PRICE(1002),
  UNKNOWN_HOLD(1003),
  HOLD_ENDED(1004),
  DUPLICATE_REQUEST(1005),
  INVALID_VALUE(1006),
  NOT_FOUND(1007),
  FORBIDDEN(1008),
  UNAVAILABLE(1009);

  private final int code;

  BillingError(int code) {
    this.code = code;
  }

  public int code() {
    return code;
  }
}

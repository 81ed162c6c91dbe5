package org.millrace.tenancy.api;

/** Every way in which tenancy refuses, with a number that never changes its meaning. */
public enum TenancyError {
  KEY_MISSING(2001),
  KEY_INVALID(2002),
  KEY_REVOKED(2003),
  TENANT_SUSPENDED(2004),
  NOT_FOUND(2005),
  NAME_TAKEN(2006),
  INVALID_VALUE(2007),
  FORBIDDEN(2008),
  UNAVAILABLE(2009);

  private final int code;

  TenancyError(int code) {
    this.code = code;
  }

  public int code() {
    return code;
  }
}

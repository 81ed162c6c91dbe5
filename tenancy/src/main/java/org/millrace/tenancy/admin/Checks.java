package org.millrace.tenancy.admin;

import java.util.UUID;
import org.millrace.tenancy.access.Access;
import org.millrace.tenancy.api.TenancyError;
import org.millrace.tenancy.api.TenancyException;
import org.millrace.tenancy.persistence.TenantStore;

/** Refusals of values, each naming the value and the limit. */
final class Checks {
  static final int NAME_LENGTH_MAX = 100;
  static final int PAGE_MAX = 1_000;

  private Checks() {}

  static TenancyException refused(String message) {
    return new TenancyException(TenancyError.INVALID_VALUE, message);
  }

  static void exists(TenantStore tenants, UUID tenantId) {
    if (tenants.find(tenantId).isEmpty()) {
      throw Access.noSuchTenant(tenantId);
    }
  }

  /** The name without blanks around it. */
  static String name(String what, String name) {
    String stripped = name.strip();
    if (stripped.isEmpty() || stripped.length() > NAME_LENGTH_MAX) {
      throw refused(
          "the %s's name has %d characters; it takes 1 to %d"
              .formatted(what, stripped.length(), NAME_LENGTH_MAX));
    }
    if (stripped.chars().anyMatch(Character::isISOControl)) {
      throw refused("the %s's name contains control characters".formatted(what));
    }
    return stripped;
  }

  static int limit(int limit) {
    if (limit < 1 || limit > PAGE_MAX) {
      throw refused("limit is %d; it must be 1 to %d".formatted(limit, PAGE_MAX));
    }
    return limit;
  }

  static int offset(int offset) {
    if (offset < 0) {
      throw refused("offset is %d; it must not be negative".formatted(offset));
    }
    return offset;
  }

  static int between(String what, int value, int min, int max) {
    if (value < min || value > max) {
      throw refused("%s is %d; it must be %d to %d".formatted(what, value, min, max));
    }
    return value;
  }
}

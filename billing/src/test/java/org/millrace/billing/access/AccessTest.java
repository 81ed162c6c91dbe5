package org.millrace.billing.access;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.millrace.billing.api.BillingError;
import org.millrace.billing.api.BillingException;
import org.millrace.db.TenantScope;
import org.millrace.tenancy.api.Actor;

class AccessTest {
  private static final UUID MINE = UUID.randomUUID();
  private static final UUID OTHER = UUID.randomUUID();

  @Test
  void onlyAdminsOfThePlatformChangeMoney() {
    assertEquals(TenantScope.platform(), Access.toChangeMoney(actor("billing-admin", null)));
    assertEquals(TenantScope.platform(), Access.toChangeMoney(actor("platform-admin", null)));
    assertEquals(TenantScope.platform(), Access.toChangeMoney(Actor.system()));
    assertRefused(BillingError.FORBIDDEN, () -> Access.toChangeMoney(actor("auditor", null)));
    assertRefused(BillingError.FORBIDDEN, () -> Access.toChangeMoney(actor("tenant-admin", MINE)));
    assertRefused(BillingError.FORBIDDEN, () -> Access.toChangeMoney(actor("billing-admin", MINE)));
  }

  @Test
  void usageIsReadByTheRolesOfThePlatformAndByATenantItsOwn() {
    for (String role : new String[] {"platform-admin", "billing-admin", "auditor"}) {
      assertEquals(TenantScope.platform(), Access.toReadUsage(actor(role, null), OTHER));
      assertEquals(TenantScope.of(MINE), Access.toReadUsage(actor(role, MINE), null));
    }
    assertEquals(TenantScope.of(MINE), Access.toReadUsage(actor("tenant-admin", MINE), MINE));
    assertRefused(
        BillingError.NOT_FOUND, () -> Access.toReadUsage(actor("tenant-admin", MINE), OTHER));
    assertRefused(
        BillingError.FORBIDDEN, () -> Access.toReadUsage(actor("tenant-admin", null), OTHER));
    assertRefused(BillingError.FORBIDDEN, () -> Access.toReadUsage(actor("guest", null), null));
    assertRefused(BillingError.FORBIDDEN, () -> Access.toReadUsage(actor("guest", MINE), null));
  }

  private static Actor actor(String role, @Nullable UUID tenantId) {
    return new Actor("subject", "Somebody", Set.of(role), tenantId);
  }

  private static void assertRefused(BillingError error, Executable attempt) {
    assertEquals(error, assertThrows(BillingException.class, attempt).error());
  }
}

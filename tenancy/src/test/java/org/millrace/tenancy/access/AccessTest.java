package org.millrace.tenancy.access;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.millrace.db.TenantScope;
import org.millrace.tenancy.api.Actor;
import org.millrace.tenancy.api.TenancyError;
import org.millrace.tenancy.api.TenancyException;

class AccessTest {
  private static final UUID MINE = UUID.randomUUID();
  private static final UUID OTHER = UUID.randomUUID();

  @ParameterizedTest
  @ValueSource(strings = {"platform-admin", "billing-admin", "auditor"})
  void rolesOfThePlatformReadAllTenants(String role) {
    assertEquals(TenantScope.platform(), Access.toRead(actor(role, null)));
    assertEquals(TenantScope.platform(), Access.toRead(actor(role, null), OTHER));
  }

  @ParameterizedTest
  @ValueSource(strings = {"platform-admin", "billing-admin", "auditor", "tenant-admin"})
  void whoeverIsBoundToATenantReadsThatOneAndOthersDoNotExist(String role) {
    assertEquals(TenantScope.of(MINE), Access.toRead(actor(role, MINE)));
    assertEquals(TenantScope.of(MINE), Access.toRead(actor(role, MINE), MINE));
    assertRefused(TenancyError.NOT_FOUND, () -> Access.toRead(actor(role, MINE), OTHER));
    assertRefused(TenancyError.NOT_FOUND, () -> Access.toManage(actor(role, MINE), OTHER));
    assertRefused(TenancyError.NOT_FOUND, () -> Access.toAudit(actor(role, MINE), OTHER));
    assertRefused(TenancyError.FORBIDDEN, () -> Access.toAdminister(actor(role, MINE)));
  }

  @Test
  void anAuditorAndABillingAdminChangeNothing() {
    for (String role : new String[] {"auditor", "billing-admin"}) {
      assertRefused(TenancyError.FORBIDDEN, () -> Access.toManage(actor(role, null)));
      assertRefused(TenancyError.FORBIDDEN, () -> Access.toManage(actor(role, MINE), MINE));
      assertRefused(TenancyError.FORBIDDEN, () -> Access.toAdminister(actor(role, null)));
    }
    assertRefused(TenancyError.FORBIDDEN, () -> Access.toAudit(actor("billing-admin", null), null));
  }

  @Test
  void aTenantAdminManagesTheOwnTenantAndWithoutATenantNothing() {
    assertEquals(TenantScope.of(MINE), Access.toManage(actor("tenant-admin", MINE), MINE));
    assertRefused(TenancyError.FORBIDDEN, () -> Access.toRead(actor("tenant-admin", null)));
    assertRefused(TenancyError.FORBIDDEN, () -> Access.toManage(actor("tenant-admin", null)));
    assertRefused(TenancyError.FORBIDDEN, () -> Access.toAudit(actor("tenant-admin", null), null));
  }

  @Test
  void noRoleAndAnUnknownRoleMayNothing() {
    for (Actor nobody :
        new Actor[] {new Actor("s", "n", Set.of(), null), actor("root", null), actor("", MINE)}) {
      assertRefused(TenancyError.FORBIDDEN, () -> Access.toRead(nobody));
      assertRefused(TenancyError.FORBIDDEN, () -> Access.toManage(nobody));
      assertRefused(TenancyError.FORBIDDEN, () -> Access.toAdminister(nobody));
      assertRefused(TenancyError.FORBIDDEN, () -> Access.toAudit(nobody, null));
    }
  }

  @Test
  void thePlatformItselfMayAll() {
    assertEquals(TenantScope.platform(), Access.toAdminister(Actor.system()));
    assertEquals(TenantScope.platform(), Access.toManage(Actor.system(), OTHER));
    assertEquals(TenantScope.platform(), Access.toAudit(Actor.system(), null));
  }

  private static Actor actor(String role, @Nullable UUID tenantId) {
    return new Actor("subject", "Somebody", Set.of(role), tenantId);
  }

  private static void assertRefused(TenancyError error, Executable attempt) {
    assertEquals(error, assertThrows(TenancyException.class, attempt).error());
  }
}

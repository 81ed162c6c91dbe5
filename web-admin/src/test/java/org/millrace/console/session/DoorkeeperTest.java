package org.millrace.console.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.millrace.tenancy.api.Actor;

class DoorkeeperTest {

  @Test
  void nothingButLoginAndResourcesIsOpenToEveryone() {
    assertTrue(Doorkeeper.isOpen("/callback"));
    assertTrue(Doorkeeper.isOpen("/signed-out"));
    assertTrue(Doorkeeper.isOpen("/jakarta.faces.resource/console.css"));
    assertFalse(Doorkeeper.isOpen("/"));
    assertFalse(Doorkeeper.isOpen("/tenant"));
    assertFalse(Doorkeeper.isOpen("/usage.csv"));
  }

  @Test
  void aPageIsTheSameWithItsExtension() {
    assertEquals("/tenants", Doorkeeper.page("/tenants.xhtml"));
    assertEquals("/tenants", Doorkeeper.page("/tenants"));
    assertEquals("/", Doorkeeper.page(""));
  }

  @Test
  void pagesAboutAllTenantsNeedAPlatformWideRole() {
    assertEquals(Optional.of(Permission.SEE_PLATFORM), Doorkeeper.needed("/overview"));
    assertEquals(Optional.of(Permission.SEE_PLATFORM), Doorkeeper.needed("/tenants"));
    assertEquals(Optional.of(Permission.SEE_AUDIT), Doorkeeper.needed("/audit"));
    assertEquals(Optional.empty(), Doorkeeper.needed("/usage"));
  }

  @Test
  void anAuditorSeesEverythingAndChangesNothing() {
    Set<String> auditor = Set.of(Actor.AUDITOR);
    for (Permission permission : Permission.values()) {
      assertEquals(
          permission.name().startsWith("SEE_"), permission.grantedTo(auditor), permission.name());
    }
  }

  @Test
  void aTenantAdminManagesKeysButNeitherTenantsNorMoney() {
    Set<String> tenantAdmin = Set.of(Actor.TENANT_ADMIN);
    assertTrue(Permission.MANAGE_KEYS.grantedTo(tenantAdmin));
    assertFalse(Permission.MANAGE_TENANTS.grantedTo(tenantAdmin));
    assertFalse(Permission.GRANT_CREDIT.grantedTo(tenantAdmin));
    assertFalse(Permission.SET_PRICES.grantedTo(tenantAdmin));
    assertFalse(Permission.SEE_PLATFORM.grantedTo(tenantAdmin));
  }
}

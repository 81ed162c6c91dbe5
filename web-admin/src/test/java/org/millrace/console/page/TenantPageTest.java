package org.millrace.console.page;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.millrace.console.session.NotAllowedException;
import org.millrace.tenancy.api.Actor;
import org.millrace.tenancy.api.TenantView;

class TenantPageTest {
  private final House house = new House();

  @Test
  void theAddressNamesTheTenant() {
    house.parameters.put("slug", "acme");
    TenantView shown = house.tenantPage().getTenant();
    assertNotNull(shown);
    assertEquals("Acme", shown.name());
  }

  @Test
  void aTenantAdminSeesTheirOwnTenantWhateverTheAddressSays() {
    house.asTenantAdminOf(house.demo);
    house.parameters.put("slug", "acme");
    TenantView shown = house.tenantPage().getTenant();
    assertNotNull(shown);
    assertEquals("Demo", shown.name());
  }

  @Test
  void anUnknownTenantIsNoFailure() {
    house.parameters.put("slug", "nowhere");
    assertNull(house.tenantPage().getTenant());
    assertNull(house.tenantPage().suspend());
    assertEquals(1, house.said.refused.size());
  }

  @Test
  void onlyAPlatformAdminSuspends() {
    house.parameters.put("slug", "demo");
    for (String role : new String[] {Actor.AUDITOR, Actor.BILLING_ADMIN}) {
      house.as(role);
      assertThrows(NotAllowedException.class, house.tenantPage()::suspend);
    }
    house.as(Actor.PLATFORM_ADMIN);
    assertEquals("tenant?faces-redirect=true&slug=demo", house.tenantPage().suspend());
    TenantView suspended = house.tenantPage().getTenant();
    assertNotNull(suspended);
    assertTrue(suspended.suspended());
  }

  @Test
  void creditNeedsAnAmountAboveZero() {
    house.parameters.put("slug", "demo");
    CreditForm form = house.creditForm();
    form.setReference("invoice-7");
    form.setAmount(new BigDecimal("-5"));
    assertNull(form.grant());
    assertEquals(1, house.said.refused.size());
    assertTrue(house.credits.grants.isEmpty());
  }

  @Test
  void creditIsAddedInTheTenantsCurrencyAndExpiresAfterItsLastDay() {
    house.parameters.put("slug", "demo");
    CreditForm form = house.creditForm();
    form.setReference("invoice-7");
    form.setAmount(new BigDecimal("99.5"));
    form.setLastDay("2026-12-31");
    assertNotNull(form.grant());
    var grant = house.credits.balance(house.demo.id()).grants().getFirst();
    assertEquals("EUR", grant.amount().currency());
    assertEquals(0, new BigDecimal("99.5").compareTo(grant.amount().amount()));
    assertEquals(Instant.parse("2027-01-01T00:00:00Z"), grant.expiresAt());
  }

  @Test
  void aDateThatIsNoneIsRefusedWithWhatToDo() {
    house.parameters.put("slug", "demo");
    CreditForm form = house.creditForm();
    form.setReference("r");
    form.setAmount(BigDecimal.ONE);
    form.setLastDay("31.12.2026");
    assertNull(form.grant());
    assertEquals(
        "'31.12.2026' is not a date; write it as 2026-12-31", house.said.refused.getFirst());
  }

  @Test
  void aTenantAdminCannotGiveThemselvesCreditOrLimits() {
    house.asTenantAdminOf(house.demo);
    CreditForm credit = house.creditForm();
    credit.setAmount(BigDecimal.TEN);
    credit.setReference("gift");
    assertThrows(NotAllowedException.class, credit::grant);
    assertThrows(NotAllowedException.class, house.limitsForm()::save);
  }

  @Test
  void limitsStartFromWhatTheTenantHasAndARefusalIsShown() {
    house.parameters.put("slug", "demo");
    LimitsForm form = house.limitsForm();
    assertEquals(6_000, form.getRequestsPerMinute());
    form.setRequestsPerMinute(0);
    assertNull(form.save());
    assertTrue(house.said.refused.getFirst().contains("must be 1 or more"));
    form.setRequestsPerMinute(30);
    assertNotNull(form.save());
  }

  @Test
  void aTakenShortNameIsSaidOnTheFormAndNothingIsCreated() {
    TenantsPage page = house.tenantsPage();
    page.setSlug("demo");
    page.setName("Another");
    assertNull(page.create());
    assertTrue(house.said.refused.getFirst().contains("taken"));
    assertEquals(2, house.tenants.all.size());
  }

  @Test
  void aNewTenantsPageIsOpened() {
    TenantsPage page = house.tenantsPage();
    page.setSlug("nordwind");
    page.setName("Nordwind");
    assertEquals("tenant?faces-redirect=true&slug=nordwind", page.create());
    house.as(Actor.BILLING_ADMIN);
    assertThrows(NotAllowedException.class, house.tenantsPage()::create);
  }

  @Test
  void messagesAreSentences() {
    assertEquals("The name is taken.", Notices.sentence("the name is taken"));
    assertEquals("Done.", Notices.sentence("Done."));
  }
}

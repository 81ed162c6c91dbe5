package org.millrace.it.console;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.microsoft.playwright.Page;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import org.junit.jupiter.api.Test;
import org.millrace.it.platform.Platform;
import org.millrace.it.platform.Tenant;

/** Who gets in, where they land, and what they cannot see. */
class RolesTest {

  @Test
  void loginLeadsToThePageThatWasAskedForAndSignOutEndsIt() {
    try (var browser = Browser.light()) {
      browser.loginAsPlatformAdmin("/tenant?slug=demo");
      assertEquals("/tenant?slug=demo", browser.where());
      browser.open("/sign-out");
      assertThat(browser.page().locator("h1")).hasText("You are signed out");
      browser.open("/overview");
      assertThat(browser.page().locator("#kc-login")).isVisible();
    }
  }

  @Test
  void aTenantAdminSeesTheirTenantAlone() {
    var other = Tenant.create("1");
    try (var browser = Browser.light()) {
      browser.login("/", "tenant@demo", "tenant");
      assertEquals("/tenant", browser.where());
      browser.open("/tenant?slug=" + other.slug());
      assertThat(browser.page().locator("main")).not().containsText(other.slug());
      assertEquals(403, browser.open("/overview"));
      assertThat(browser.page().locator("h1")).hasText("Your role does not allow this");
      assertEquals(403, browser.open("/tenants"));
      browser.open("/usage?tenant=" + other.slug());
      assertThat(browser.page().locator("main")).not().containsText(other.slug());
      assertEquals(200, browser.open("/audit"));
    }
  }

  @Test
  void anAddressWrittenInAnotherWayIsTheSamePageToTheDoorkeeper() throws Exception {
    var visit = new Visit();
    visit.get(visit.callbackAfterPassword("/tenant", "tenant@demo", "tenant"));
    assertEquals(200, visit.get("/usage").statusCode());
    for (String path :
        new String[] {
          "/%6Fverview", "/overview;x=1", "/./tenants", "/overview.xhtml", "/usage/../tenants"
        }) {
      assertEquals(403, visit.get(path).statusCode(), path);
    }
  }

  @Test
  void aFormSentAfterTheSessionHasEndedLeadsToTheLoginAndBackToItsPage() {
    try (var browser = Browser.light()) {
      browser.loginAsPlatformAdmin("/tenants");
      Page page = browser.page();
      page.click("[data-opens=create-tenant]");
      page.fill("#newTenant\\:name", "Too late");
      page.fill("#newTenant\\:slug", "too-late");
      page.context().clearCookies();
      page.click("#newTenant\\:create");
      page.fill("#username", "admin@demo");
      page.fill("#password", "admin");
      page.click("#kc-login");
      page.waitForSelector("header.bar");
      assertEquals("/tenants", browser.where());
      assertThat(page.locator("main")).not().containsText("too-late");
    }
  }

  @Test
  void theBackButtonAfterSignOutShowsNothingThatWasThere() {
    try (var browser = Browser.light()) {
      browser.loginAsPlatformAdmin("/tenant?slug=demo");
      browser.open("/sign-out");
      browser.page().goBack();
      assertThat(browser.page().locator("#kc-login")).isVisible();
    }
  }

  @Test
  void aRefusalBeforeLoginIsAPageToo() throws Exception {
    var answer = new Visit().get("/jakarta.faces.resource/no-such-thing.css.xhtml");
    assertEquals(404, answer.statusCode());
    assertTrue(!answer.body().contains("Payara"), answer.body());
  }

  @Test
  void anAuditorSeesEverythingAndFindsNothingToChange() {
    try (var browser = Browser.light()) {
      browser.login("/tenants", "auditor@demo", "auditor");
      for (String path : new String[] {"/tenants", "/tenant?slug=demo", "/models", "/audit"}) {
        assertEquals(200, browser.open(path), path);
        assertEquals(0, browser.page().locator("dialog").count(), path);
        assertEquals(0, browser.page().locator("[data-opens]").count(), path);
      }
      browser.open("/audit");
      assertThat(browser.page().locator("main")).containsText("Chain is whole");
    }
  }

  @Test
  void anUnknownPageIsSaidKindlyAndWithAReference() {
    try (var browser = Browser.light()) {
      browser.loginAsPlatformAdmin("/");
      assertEquals(404, browser.open("/nowhere"));
      Page page = browser.page();
      assertThat(page.locator("h1")).hasText("There is no such page");
      assertTrue(page.textContent("main").matches("(?s).*Reference [0-9a-f]{8}.*"));
      browser.open("/tenant?slug=no-such-tenant");
      assertThat(page.locator("h1")).hasText("There is no such tenant");
    }
  }

  @Test
  void answersCarryTheHeadersThatProtectTheSession() throws Exception {
    try (var client = HttpClient.newHttpClient()) {
      var url = Platform.shared().consoleUrl() + "/signed-out";
      var answer =
          client.send(HttpRequest.newBuilder(URI.create(url)).build(), BodyHandlers.discarding());
      var headers = answer.headers();
      String policy = headers.firstValue("Content-Security-Policy").orElse("");
      assertTrue(policy.contains("default-src 'none'"), policy);
      assertTrue(policy.contains("script-src 'self' 'nonce-"), policy);
      assertTrue(!policy.contains("unsafe-inline") && !policy.contains("unsafe-eval"), policy);
      assertEquals("nosniff", headers.firstValue("X-Content-Type-Options").orElse(""));
      assertEquals("no-store", headers.firstValue("Cache-Control").orElse(""));
      var login =
          client.send(
              HttpRequest.newBuilder(URI.create(Platform.shared().consoleUrl() + "/usage")).build(),
              BodyHandlers.discarding());
      assertEquals(302, login.statusCode());
      String cookie = login.headers().firstValue("Set-Cookie").orElse("").toLowerCase();
      assertTrue(cookie.contains("httponly") && cookie.contains("samesite=lax"), cookie);
    }
  }
}

package org.millrace.it.console;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.microsoft.playwright.Page;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.millrace.it.platform.Api;
import org.millrace.it.platform.Platform;
import org.millrace.it.platform.Tenant;

/**
 * A platform-admin's first quarter of an hour: a tenant, credit, a key, a request, its cost, and
 * the key's end.
 */
class KeyLifeTest {
  private static final Duration REVOKED_WITHIN = Duration.ofSeconds(2);

  @Test
  void aKeyIsShownOnceWorksIsAccountedAndStopsWhenRevoked() throws InterruptedException {
    String slug = "it-console-" + UUID.randomUUID().toString().substring(0, 8);
    try (var browser = Browser.light()) {
      Page page = browser.page();
      browser.loginAsPlatformAdmin("/tenants");
      createTenant(page, slug);
      addCredit(page);
      Api api = new Api(Platform.shared().url(), createKey(browser));
      long completionTokens = complete(api);
      seeUsage(page, slug, completionTokens);
      browser.screenshot("tenant-light");
      revoke(page);
      assertEquals(401, statusSoonAfterRevocation(api));
      assertTrue(browser.complaints().isEmpty(), browser.complaints().toString());
    }
  }

  private static void createTenant(Page page, String slug) {
    page.click("[data-opens=create-tenant]");
    page.fill("#newTenant\\:name", "Browser test " + slug);
    page.fill("#newTenant\\:slug", "Not A Short Name");
    page.click("#newTenant\\:create");
    assertThat(page.locator(".field-error")).containsText("Use 2 to 40 of a-z");
    page.fill("#newTenant\\:slug", slug);
    page.click("#newTenant\\:create");
    page.waitForURL("**/tenant?slug=" + slug);
    assertThat(page.locator(".notice-good")).containsText("Tenant created");
    assertThat(page.locator("#keys")).containsText("No API keys yet");
  }

  private static void addCredit(Page page) {
    page.click("[data-opens=add-credit]");
    page.fill("#newCredit\\:amount", "12.50");
    page.fill("#newCredit\\:currency", Tenant.currency());
    page.fill("#newCredit\\:reference", "browser-test");
    page.click("#newCredit\\:grant");
    assertThat(page.locator(".notice-good")).containsText("Credit added");
    assertThat(page.locator("main")).containsText("12.50");
  }

  private static String createKey(Browser browser) {
    Page page = browser.page();
    page.click("[data-opens=create-key]");
    page.fill("#newKey\\:name", "production");
    page.click("#newKey\\:create");
    String secret = page.locator("#secret").textContent();
    assertTrue(secret.startsWith("mlr_live_"), "not a key");
    assertTrue(page.locator("#snippet-curl").textContent().contains(secret));
    assertTrue(page.locator("#snippet-python").textContent().contains(secret));
    page.keyboard().press("Escape");
    assertThat(page.locator("#create-key")).isVisible();
    browser.screenshot("key-shown-once");
    page.click("#newKey\\:done");
    assertThat(page.locator("#keys")).containsText("production");
    assertFalse(page.content().contains(secret), "the secret is on the page again");
    return secret;
  }

  private static long complete(Api api) {
    var answer =
        api.post(
            "/v1/chat/completions",
            """
            {"model": "%s", "max_tokens": 12, "messages": [{"role": "user", "content": "Hello"}]}
            """
                .formatted(Tenant.model()));
    assertEquals(200, answer.status(), answer.body());
    return answer.json().path("usage").path("completion_tokens").asLong();
  }

  private static void seeUsage(Page page, String slug, long completionTokens)
      throws InterruptedException {
    var outcome = page.locator("td[data-label=Outcome]").first();
    for (int i = 0; i < 10 && outcome.count() == 0; i++) {
      Thread.sleep(300);
      page.reload();
    }
    assertThat(outcome).containsText("finished");
    assertEquals(
        Long.toString(completionTokens),
        page.locator("td[data-label=Output]").first().textContent().strip());
    page.navigate(Platform.shared().consoleUrl() + "/usage?tenant=" + slug);
    assertThat(page.locator("tfoot td[data-label=Requests]")).hasText("1");
    page.navigate(Platform.shared().consoleUrl() + "/tenant?slug=" + slug);
  }

  private static void revoke(Page page) {
    page.click("[data-opens=revoke-key]");
    assertThat(page.locator("#revoke-key-title")).containsText("production");
    page.click("#revokeKey\\:revoke");
    assertThat(page.locator(".notice-good")).containsText("revoked");
    assertThat(page.locator("#keys .badge")).hasText("revoked");
  }

  private static int statusSoonAfterRevocation(Api api) throws InterruptedException {
    Instant patience = Instant.now().plus(REVOKED_WITHIN);
    int status = api.get("/v1/models").status();
    while (status != 401 && Instant.now().isBefore(patience)) {
      Thread.sleep(100);
      status = api.get("/v1/models").status();
    }
    return status;
  }
}

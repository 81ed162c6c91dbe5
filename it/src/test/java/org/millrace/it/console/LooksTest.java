package org.millrace.it.console;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.microsoft.playwright.Page;
import org.junit.jupiter.api.Test;
import org.millrace.it.platform.Api;
import org.millrace.it.platform.Platform;
import org.millrace.it.platform.Tenant;

/** Light, dark, narrow, live; leaves screenshots in {@code target/screenshots}. */
class LooksTest {
  private static final String[] PAGES = {
    "/overview", "/tenants", "/tenant?slug=demo", "/usage", "/models", "/audit"
  };

  private static String name(String path, String suffix) {
    return path.replaceAll("[/?].*?([a-z]+).*", "$1").replaceAll("[^a-z]", "") + "-" + suffix;
  }

  private static void visitAll(Browser browser, String suffix) {
    browser.loginAsPlatformAdmin("/");
    for (String path : PAGES) {
      assertEquals(200, browser.open(path), path);
      assertEquals(0, browser.overflowPixels(), path + " is wider than the window");
      if (path.equals("/overview")) {
        browser.page().waitForSelector("canvas");
        browser.page().waitForTimeout(4_000);
      }
      browser.screenshot(name(path, suffix));
    }
    assertTrue(browser.complaints().isEmpty(), browser.complaints().toString());
  }

  private static String background(Page page) {
    return (String) page.evaluate("getComputedStyle(document.body).backgroundColor");
  }

  @Test
  void everyPageFitsADesktopInLight() {
    try (var browser = Browser.light()) {
      visitAll(browser, "light");
    }
  }

  @Test
  void everyPageFitsADesktopInDark() {
    try (var browser = Browser.dark()) {
      visitAll(browser, "dark");
    }
  }

  @Test
  void everyPageFitsAPhone() {
    try (var browser = Browser.phone()) {
      visitAll(browser, "phone");
      assertThat(browser.page().locator(".rail nav")).isInViewport();
    }
  }

  @Test
  void namesOfOneLongWordAndLargeAmountsFitAPhone() {
    var tenant = Tenant.create("9999999999.99", "Elektrizitätswerk".repeat(5));
    try (var browser = Browser.phone()) {
      browser.loginAsPlatformAdmin("/tenants");
      for (String path : new String[] {"/tenants", "/tenant?slug=" + tenant.slug(), "/usage"}) {
        assertEquals(200, browser.open(path), path);
        assertEquals(0, browser.overflowPixels(), path + " is wider than the window");
      }
    }
  }

  @Test
  void aChosenThemeIsRememberedAgainstTheSystem() {
    try (var browser = Browser.light()) {
      browser.loginAsPlatformAdmin("/models");
      Page page = browser.page();
      String light = background(page);
      page.click("#theme");
      assertEquals(light, background(page));
      page.click("#theme");
      String dark = background(page);
      assertNotEquals(light, dark);
      browser.open("/audit");
      assertEquals(dark, background(page));
    }
  }

  @Test
  void theOverviewFollowsTheLoadWithoutBeingLoadedAgain() {
    try (var browser = Browser.light()) {
      browser.loginAsPlatformAdmin("/overview");
      Page page = browser.page();
      page.evaluate("window.sameDocument = true");
      var requests = page.locator(".tile:has-text('Requests today') .value");
      long before = Long.parseLong(requests.textContent().replace(",", ""));
      var answer =
          new Api(Platform.shared().url(), Platform.shared().demoKey())
              .post(
                  "/v1/chat/completions",
                  """
                  {"model": "%s", "max_tokens": 4, "messages": [{"role": "user", "content": "Hi"}]}
                  """
                      .formatted(Tenant.model()));
      assertEquals(200, answer.status(), answer.body());
      assertThat(requests).not().hasText(String.format("%,d", before));
      assertEquals(true, page.evaluate("window.sameDocument"));
      assertTrue(Long.parseLong(requests.textContent().replace(",", "")) > before);
    }
  }

  @Test
  void timesAreInTheViewersZoneWhichThePageAndEachHoverName() {
    try (var browser = Browser.light()) {
      browser.loginAsPlatformAdmin("/tenant?slug=demo");
      var time = browser.page().locator("time.when").first();
      String iso = time.getAttribute("datetime");
      var there = java.time.Instant.parse(iso).atZone(java.time.ZoneId.of("Europe/Berlin"));
      assertTrue(
          time.textContent()
              .contains(String.format("%02d:%02d", there.getHour(), there.getMinute())),
          time.textContent() + " is not " + there);
      assertTrue(
          time.getAttribute("title").matches(".*:\\d\\d (CET|CEST|GMT\\+[12])"),
          time.getAttribute("title"));
      assertThat(browser.page().locator(".zone")).containsText("your zone, Europe/Berlin (GMT+");
    }
  }
}

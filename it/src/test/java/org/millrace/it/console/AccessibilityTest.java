package org.millrace.it.console;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.microsoft.playwright.Page;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * Every page and dialog keeps the rules of WCAG 2.2 AA that a program can check (axe-core), and is
 * used with the keyboard alone.
 */
class AccessibilityTest {
  private static final String[] PAGES = {
    "/overview",
    "/tenants",
    "/tenant?slug=demo",
    "/tenant?slug=no-such-tenant",
    "/usage",
    "/usage?tenant=no-such-tenant",
    "/models",
    "/audit",
    "/nowhere",
    "/signed-out"
  };

  private static final String RULES = resource("/axe.min.js");

  /** What is broken, a line for each place. */
  private static final String CHECK =
      """
      async () => {
        const result = await axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] });
        return result.violations.flatMap((v) => v.nodes.map((n) => v.id + " at " + n.target.join(" ")));
      }
      """;

  @Test
  void pagesAndDialogsBreakNoRuleInLight() {
    try (var browser = Browser.light()) {
      noRuleIsBroken(browser);
    }
  }

  @Test
  void pagesAndDialogsBreakNoRuleInDark() {
    try (var browser = Browser.dark()) {
      noRuleIsBroken(browser);
    }
  }

  @Test
  void pagesAndDialogsBreakNoRuleOnAPhone() {
    try (var browser = Browser.phone()) {
      noRuleIsBroken(browser);
    }
  }

  private static void noRuleIsBroken(Browser browser) {
    var broken = new TreeSet<String>();
    browser.loginAsPlatformAdmin("/");
    Page page = browser.page();
    for (String path : PAGES) {
      browser.open(path);
      broken.addAll(check(page, path));
      for (String dialog : dialogs(page)) {
        page.click("[data-opens=" + dialog + "] >> nth=0");
        // It comes up in an eighth of a second, half transparent until then.
        page.waitForTimeout(300);
        broken.addAll(check(page, path + ", dialog " + dialog));
        page.keyboard().press("Escape");
      }
    }
    assertTrue(broken.isEmpty(), () -> String.join("\n", broken));
  }

  @SuppressWarnings("unchecked")
  private static List<String> dialogs(Page page) {
    return (List<String>)
        page.evaluate(
            "[...new Set([...document.querySelectorAll('[data-opens]')].map((b) => b.dataset.opens))]");
  }

  @SuppressWarnings("unchecked")
  private static List<String> check(Page page, String where) {
    page.evaluate(RULES);
    return ((List<String>) page.evaluate(CHECK)).stream().map(b -> where + ": " + b).toList();
  }

  @Test
  void theKeyboardComesFirstToTheLinkThatSkipsTheMenu() {
    try (var browser = Browser.light()) {
      browser.loginAsPlatformAdmin("/models");
      Page page = browser.page();
      page.keyboard().press("Tab");
      assertThat(page.locator(".skip")).isFocused();
      assertThat(page.locator(".skip")).isInViewport();
      page.keyboard().press("Enter");
      page.keyboard().press("Tab");
      assertEquals(true, page.evaluate("document.activeElement.closest('main') !== null"));
    }
  }

  @Test
  void aDialogTakesTheFocusTellsWhatIsWrongAndGivesTheFocusBack() {
    try (var browser = Browser.light()) {
      browser.loginAsPlatformAdmin("/tenants");
      Page page = browser.page();
      var opener = page.locator("[data-opens=create-tenant]");
      opener.press("Enter");
      var name = page.locator("#newTenant\\:name");
      assertThat(name).isFocused();
      name.press("Enter");
      assertThat(name).hasAttribute("aria-invalid", "true");
      assertThat(name).isFocused();
      assertEquals(
          "Give the tenant a name.",
          page.evaluate(
              "document.activeElement.getAttribute('aria-describedby').split(' ')"
                  + ".map((id) => document.getElementById(id).textContent).at(-1)"));
      name.fill("Demo again");
      page.fill("#newTenant\\:slug", "demo");
      page.locator("#newTenant\\:slug").press("Enter");
      assertThat(page.locator("dialog .notice-bad")).isFocused();
      page.keyboard().press("Escape");
      assertThat(page.locator("#create-tenant")).not().isVisible();
      assertThat(opener).isFocused();
    }
  }

  @Test
  void thePersonsMenuClosesWithEscapeAndWhenTheFocusLeavesIt() {
    try (var browser = Browser.light()) {
      browser.loginAsPlatformAdmin("/models");
      Page page = browser.page();
      var summary = page.locator("details.person summary");
      summary.press("Enter");
      page.keyboard().press("Tab");
      assertThat(page.locator(".menu a")).isFocused();
      page.keyboard().press("Escape");
      assertThat(page.locator(".menu")).not().isVisible();
      assertThat(summary).isFocused();
      summary.press("Enter");
      page.keyboard().press("Tab");
      page.keyboard().press("Tab");
      assertThat(page.locator(".menu")).not().isVisible();
    }
  }

  @Test
  void theOverviewCanBeStoppedToBeReadInPeace() {
    try (var browser = Browser.light()) {
      browser.loginAsPlatformAdmin("/overview");
      Page page = browser.page();
      page.click("#live-mark");
      assertThat(page.locator("#live-mark")).hasText("Paused");
      page.evaluate("document.querySelector('.tile').dataset.same = 'yes'");
      page.waitForTimeout(3_000);
      assertEquals(1, page.locator(".tile[data-same=yes]").count());
      page.click("#live-mark");
      assertThat(page.locator("#live-mark")).hasText("Live");
      assertThat(page.locator(".tile[data-same=yes]")).hasCount(0);
    }
  }

  private static String resource(String name) {
    try (var in = Objects.requireNonNull(AccessibilityTest.class.getResourceAsStream(name), name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

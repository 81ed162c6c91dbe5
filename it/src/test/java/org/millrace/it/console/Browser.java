package org.millrace.it.console;

import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.assertions.PlaywrightAssertions;
import com.microsoft.playwright.options.ColorScheme;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.millrace.it.platform.Platform;

/**
 * A headless Chromium with a profile of its own, one page open. Whatever the page complains about
 * is kept.
 */
final class Browser implements AutoCloseable {
  static final int DESKTOP_WIDTH = 1360;
  static final int PHONE_WIDTH = 390;
  private static final double PATIENCE_MILLIS = 60_000;
  private static final List<String> FLAGS =
      List.of(
          "--no-sandbox",
          "--disable-gpu",
          "--disable-quic",
          "--no-first-run",
          "--disable-background-networking",
          "--disable-component-update",
          "--disable-sync");

  private final Playwright playwright;
  private final BrowserContext context;
  private final Page page;
  private final List<String> complaints = new CopyOnWriteArrayList<>();

  private Browser(ColorScheme scheme, int width) {
    playwright =
        Playwright.create(
            new Playwright.CreateOptions().setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")));
    context =
        playwright
            .chromium()
            .launchPersistentContext(
                profile(),
                new BrowserType.LaunchPersistentContextOptions()
                    .setExecutablePath(Path.of("/usr/bin/chromium"))
                    .setHeadless(true)
                    .setColorScheme(scheme)
                    .setTimezoneId("Europe/Berlin")
                    .setViewportSize(width, width == PHONE_WIDTH ? 844 : 860)
                    .setArgs(FLAGS));
    context.setDefaultTimeout(PATIENCE_MILLIS);
    // The machine may be busy with everything else of the suite.
    PlaywrightAssertions.setDefaultAssertionTimeout(PATIENCE_MILLIS / 2);
    page = context.pages().getFirst();
    page.onPageError(e -> complaints.add("script failed: " + e));
    page.onConsoleMessage(m -> {
      if (m.type().equals("error") && !m.text().startsWith("Failed to load resource")) {
        complaints.add(m.text());
      }
    });
  }

  static Browser light() {
    return new Browser(ColorScheme.LIGHT, DESKTOP_WIDTH);
  }

  static Browser dark() {
    return new Browser(ColorScheme.DARK, DESKTOP_WIDTH);
  }

  static Browser phone() {
    return new Browser(ColorScheme.LIGHT, PHONE_WIDTH);
  }

  private static Path profile() {
    try {
      Path target = Files.createDirectories(Platform.shared().target());
      return Files.createTempDirectory(target, "browser-");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Page page() {
    return page;
  }

  /** Script errors and violations of the content security policy so far. */
  List<String> complaints() {
    return complaints;
  }

  /** Opens a page of the console; {@code path} starts with a slash. Returns the status. */
  int open(String path) {
    var answer = page.navigate(Platform.shared().consoleUrl() + path);
    return answer == null ? 0 : answer.status();
  }

  /** Asks for a page, and logs in at Keycloak on the way. */
  void login(String path, String person, String password) {
    open(path);
    page.fill("#username", person);
    page.fill("#password", password);
    page.click("#kc-login");
    page.waitForSelector("header.bar");
  }

  void loginAsPlatformAdmin(String path) {
    login(path, "admin@demo", "admin");
  }

  /** The page's path and query within the console. */
  String where() {
    return page.url().substring(Platform.shared().consoleUrl().length());
  }

  /** How many pixels the page is wider than the window. */
  int overflowPixels() {
    return ((Number)
            page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"))
        .intValue();
  }

  /** What the window shows now, to {@code target/screenshots}. */
  void screenshot(String name) {
    Path file = Platform.shared().target().resolve("screenshots").resolve(name + ".png");
    page.screenshot(new Page.ScreenshotOptions().setPath(file));
  }

  @Override
  public void close() {
    context.close();
    playwright.close();
  }
}

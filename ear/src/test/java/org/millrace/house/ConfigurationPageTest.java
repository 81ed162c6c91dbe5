package org.millrace.house;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** docs/configuration.md and the code speak of the same settings. */
class ConfigurationPageTest {
  private static final Path ROOT = Path.of("").toAbsolutePath().resolveSibling("");
  private static final Pattern IN_CODE = Pattern.compile("[\"=](millrace(?:\\.[a-z0-9-]+)+)[\"}]");
  private static final Pattern ON_PAGE = Pattern.compile("`((?:millrace)?(?:\\.[a-z0-9-]+)+)`");

  /** What has the form of a setting and is none: names of attributes, and what the script tells. */
  private static final Set<String> NO_SETTINGS =
      Set.of(
          "millrace.console.reference", "millrace.ear", "millrace.home", "millrace.standard-error");

  @Test
  void everySettingOfTheCodeIsOnThePageAndNoOther() throws IOException {
    var page = keysOnPage();
    var code = keysInCode();
    assertEquals(code, page);
  }

  private static Set<String> keysInCode() throws IOException {
    var keys = new TreeSet<String>();
    try (var modules = Files.list(ROOT)) {
      for (Path module : modules.toList()) {
        addKeys(module.resolve("src/main/java"), keys);
      }
    }
    keys.removeAll(NO_SETTINGS);
    return keys;
  }

  private static void addKeys(Path sources, Set<String> keys) throws IOException {
    if (!Files.isDirectory(sources)) {
      return;
    }
    try (var files = Files.walk(sources)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".java")).toList()) {
        var code = Files.readString(file);
        IN_CODE.matcher(code).results().forEach(found -> keys.add(found.group(1)));
      }
    }
  }

  /** A key that begins with a dot shares the beginning of the last whole one. */
  private static Set<String> keysOnPage() throws IOException {
    var text = Files.readString(ROOT.resolve("docs/configuration.md"));
    var keys = new TreeSet<String>();
    String beginning = "";
    for (var found : ON_PAGE.matcher(text).results().toList()) {
      var key = found.group(1);
      if (key.startsWith("millrace.")) {
        beginning = key.substring(0, key.lastIndexOf('.'));
      }
      keys.add(key.startsWith(".") ? beginning + key : key);
    }
    return keys;
  }
}

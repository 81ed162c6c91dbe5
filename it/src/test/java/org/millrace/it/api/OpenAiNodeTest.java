package org.millrace.it.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.millrace.it.platform.Platform;
import org.millrace.it.platform.Tenant;

/**
 * The official npm client: {@code it/node} holds its tests, run by Node's own test runner. Skipped
 * where there is no Node.
 */
class OpenAiNodeTest {
  @Test
  void theOfficialNodeClientPassesItsTests() throws IOException, InterruptedException {
    assumeTrue(hasNode(), "node and npm are not installed: the Node client is not tested");
    var platform = Platform.shared();
    var folder = platform.target().resolve("node");
    Files.createDirectories(folder);
    for (var name : List.of("package.json", "package-lock.json", "client.test.mjs")) {
      Files.copy(
          platform.root().resolve("it/node").resolve(name),
          folder.resolve(name),
          StandardCopyOption.REPLACE_EXISTING);
    }
    run(folder, Map.of(), "npm", "ci", "--no-audit", "--no-fund");
    run(
        folder,
        Map.of(
            "OPENAI_BASE_URL", platform.url() + "/v1",
            "OPENAI_API_KEY", platform.demoKey(),
            "MILLRACE_MODEL", Tenant.model()),
        "node",
        "--test",
        "client.test.mjs");
  }

  private static boolean hasNode() {
    try {
      return new ProcessBuilder("npm", "--version").start().waitFor() == 0
          && new ProcessBuilder("node", "--version").start().waitFor() == 0;
    } catch (IOException missing) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private static void run(Path folder, Map<String, String> environment, String... command)
      throws IOException, InterruptedException {
    var log = folder.resolve(command[0] + ".log");
    var builder = new ProcessBuilder(command).directory(folder.toFile());
    builder.environment().putAll(environment);
    builder.redirectErrorStream(true).redirectOutput(log.toFile());
    var process = builder.start();
    var ended = process.waitFor(4, TimeUnit.MINUTES);
    if (!ended) {
      process.destroyForcibly().waitFor();
    }
    assertEquals(0, ended ? process.exitValue() : -1, () -> read(log));
  }

  private static String read(Path log) {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      return "no " + log;
    }
  }
}

package org.millrace.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.launcher.console.LaunchException;
import org.millrace.launcher.database.DatabaseAccess;
import org.millrace.launcher.platform.PlatformSettings;
import org.millrace.launcher.server.DomainSettings;
import org.millrace.launcher.settings.Ports;

class MainTest {
  @TempDir private Path folder;

  @Test
  void everyCommandOfTheContractIsThere() {
    assertTrue(
        Main.commandLine()
            .getSubcommands()
            .keySet()
            .containsAll(
                Set.of(
                    "up",
                    "down",
                    "status",
                    "logs",
                    "verify-ledger",
                    "realm",
                    "generate",
                    "tokenize",
                    "detokenize",
                    "template",
                    "logits",
                    "perplexity",
                    "bench",
                    "synth")));
  }

  @Test
  void theDefaultsAreThese() {
    assertEquals(8080, Ports.DEFAULT_API);
    assertEquals("127.0.0.1", PlatformSettings.BIND_ADDRESS);
    assertEquals("localhost", PlatformSettings.HOST);
    assertEquals(Duration.ofMinutes(10), PlatformSettings.PATIENCE);
    assertEquals(1536, DomainSettings.HEAP_MIB);
    assertEquals("8080", defaultOf("--port"));
    assertEquals("127.0.0.1", defaultOf("--bind"));
    assertEquals("localhost", defaultOf("--host"));
    assertEquals("1536", defaultOf("--heap"));
    assertEquals("600", defaultOf("--timeout"));
  }

  private static String defaultOf(String option) {
    var spec =
        Objects.requireNonNull(Main.commandLine().getSubcommands().get("up")).getCommandSpec();
    var text = spec.findOption(option).defaultValue();
    return text.replaceFirst("^\\$\\{env:[A-Z_]+:-(.*)}$", "$1");
  }

  @Test
  void anErrorIsOneLineOnStandardErrorAndAStatus() {
    var errors = new StringWriter();
    int status =
        Main.commandLine()
            .setErr(new PrintWriter(errors))
            .execute("logs", "--data", folder.resolve("nothing here").toString());
    assertEquals(1, status);
    assertEquals(1, errors.toString().lines().count(), errors.toString());
    assertTrue(errors.toString().contains("millrace up"), errors.toString());
  }

  @Test
  void aWrongOptionIsOneLineThatSaysWhereToLook() {
    for (var wrong :
        new String[][] {{"up", "--port", "many"}, {"up", "--prot", "1"}, {"generate"}, {"upp"}}) {
      var errors = new StringWriter();
      int status = Main.commandLine().setErr(new PrintWriter(errors)).execute(wrong);
      assertEquals(2, status);
      assertEquals(1, errors.toString().lines().count(), errors.toString());
      assertTrue(errors.toString().startsWith("millrace: "), errors.toString());
      assertTrue(errors.toString().contains("--help"), errors.toString());
    }
  }

  @Test
  void anExternalDatabaseNeedsItsUserAndPassword() {
    var refused =
        assertThrows(
            LaunchException.class,
            () -> ExternalParts.database(Map.of("MILLRACE_DB_URL", "jdbc:postgresql://db/m")));
    assertTrue(refused.getMessage().contains("MILLRACE_DB_OWNER_USER"), refused.getMessage());
    assertEquals(
        Optional.of(new DatabaseAccess("jdbc:postgresql://db/m", "o", "p")),
        ExternalParts.database(
            Map.of(
                "MILLRACE_DB_URL", "jdbc:postgresql://db/m",
                "MILLRACE_DB_OWNER_USER", "o",
                "MILLRACE_DB_OWNER_PASSWORD", "p")));
    assertEquals(Optional.empty(), ExternalParts.database(Map.of()));
  }
}

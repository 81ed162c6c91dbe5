package org.millrace.launcher.server;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class CompilerDirectivesTest {
  /** A server with directives that cannot be read does not start at all. */
  @Test
  void theVirtualMachineUnderstandsThem() throws Exception {
    var file =
        Path.of(DomainSettings.class.getResource(DomainSettings.COMPILER_DIRECTIVES).toURI());
    var process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UnlockDiagnosticVMOptions",
                "-XX:CompilerDirectivesFile=" + file,
                "-version")
            .redirectErrorStream(true)
            .start();
    var said = new String(process.getInputStream().readAllBytes());
    assertEquals(0, process.waitFor(), said);
  }
}

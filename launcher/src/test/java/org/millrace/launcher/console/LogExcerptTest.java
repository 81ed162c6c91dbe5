package org.millrace.launcher.console;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogExcerptTest {
  @TempDir private Path folder;

  private Optional<String> excerpt(String text) throws IOException {
    return LogExcerpt.lastRelevantLine(Files.writeString(folder.resolve("a.log"), text));
  }

  @Test
  void theLastErrorIsMoreTellingThanTheLastLine() throws IOException {
    assertEquals(
        Optional.of("FATAL: could not create lock file"),
        excerpt("FATAL: older\nFATAL: could not create lock file\nshutting down\n\n"));
  }

  @Test
  void withoutAnErrorItIsTheLastLineThatSaysSomething() throws IOException {
    assertEquals(Optional.of("done"), excerpt("one\ndone\n\n   \n"));
  }

  @Test
  void anEmptyLogSaysNothing() throws IOException {
    assertEquals(Optional.empty(), excerpt(""));
  }
}

package org.millrace.launcher.settings;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LayoutTest {
  @TempDir private Path folder;

  @Test
  void aFolderHasServedOnceTheApplicationHasLeftSomethingInIt() throws IOException {
    var layout = new Layout(folder);
    assertFalse(layout.hasServed(), "nothing is there");
    Files.createDirectories(layout.application());
    Files.writeString(layout.secrets(), "of a start that failed");
    assertFalse(layout.hasServed(), "a start failed before the application ran");
    Files.writeString(layout.application().resolve("journal"), "");
    assertTrue(layout.hasServed());
  }

  @Test
  void aFolderWithAKeyHasServed() throws IOException {
    var layout = new Layout(folder);
    Files.writeString(layout.demoApiKey(), "mlr_live_x");
    assertTrue(layout.hasServed());
  }
}

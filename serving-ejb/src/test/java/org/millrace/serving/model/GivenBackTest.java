package org.millrace.serving.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.inference.api.EngineOptions;
import org.millrace.inference.api.Engines;
import org.millrace.inference.api.LoadProgress;
import org.millrace.inference.api.ModelFiles;
import org.millrace.serving.config.ModelSource;
import org.millrace.serving.simulation.ManualClock;

/** What the system says of a real model's file. */
class GivenBackTest {
  private static final Path MAPS = Path.of("/proc/self/maps");

  @TempDir Path folder;

  private static boolean isMapped(Path file) throws IOException {
    return Files.readString(MAPS).contains(file.toString());
  }

  @Test
  void aFileIsMappedUntilItsModelIsReleasedAndAgainWhenItComesBack() throws IOException {
    assumeTrue(Files.exists(MAPS), "skipped: needs Linux");
    Path file = folder.toRealPath().resolve("tiny.gguf");
    ModelFiles.synthesize("tiny", "Q4_0", 1, file, _ -> {});
    var options = EngineOptions.defaults();
    var registry = new ModelRegistry(Engines::load, options, List.of("cpu"), 50, new ManualClock());
    var source = new ModelSource(Optional.of("tiny"), file);
    for (int i = 0; i < 2; i++) {
      assertTrue(registry.load(source, LoadProgress.UNWATCHED).isPresent());
      assertTrue(isMapped(file));
      registry.withdraw("tiny");
      assertEquals(List.of(), registry.list());
      assertTrue(isMapped(file), "steps may still read it");
      registry.release("tiny");
      assertFalse(isMapped(file));
    }
  }
}

package org.millrace.inference.api;

import java.nio.file.Path;
import org.millrace.inference.model.ModelEngine;

/** Where engines come from. */
public final class Engines {
  private Engines() {}

  /**
   * Maps a GGUF file and makes it ready to run.
   *
   * @throws ModelLoadException when the file is missing, malformed, or of an unsupported
   *     architecture or type; the message names which
   */
  public static Engine load(Path file, EngineOptions options) {
    return load(file, options, LoadProgress.UNWATCHED);
  }

  /**
   * As {@link #load(Path, EngineOptions)}, watched.
   *
   * @throws java.util.concurrent.CancellationException when the watcher gives it up
   */
  public static Engine load(Path file, EngineOptions options, LoadProgress progress) {
    return ModelEngine.load(file, options, progress);
  }
}

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
    return ModelEngine.load(file, options);
  }
}

package org.millrace.inference.model;

import java.nio.file.Path;
import org.millrace.inference.api.Engine;
import org.millrace.inference.api.EngineOptions;
import org.millrace.inference.api.ModelLoadException;
import org.millrace.inference.gguf.GgufFile;

/** Runs models on the CPU. */
public final class CpuEngine {
  private CpuEngine() {}

  /** Maps a file and makes it ready to run. */
  public static Engine load(Path file, EngineOptions options) {
    try (GgufFile gguf = GgufFile.open(file)) {
      throw new ModelLoadException(
          "%s: architecture %s is not supported yet with %s"
              .formatted(file, gguf.string("general.architecture"), options.kernels()));
    }
  }
}

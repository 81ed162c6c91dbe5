package org.millrace.demomodel;

import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.millrace.demomodel.export.GgufExport;
import org.millrace.demomodel.train.Checkpoint;

/** Writes a checkpoint as a GGUF file: {@code ExportDemoModel CHECKPOINT FILE.gguf}. */
public final class ExportDemoModel {
  private ExportDemoModel() {}

  public static void main(String[] arguments) throws IOException {
    if (arguments.length != 2) {
      throw new IllegalArgumentException("usage: ExportDemoModel CHECKPOINT FILE.gguf");
    }
    Path file = Path.of(arguments[1]);
    try (NDManager manager = NDManager.newBaseManager()) {
      Checkpoint.Model model = Checkpoint.load(Path.of(arguments[0]), manager);
      GgufExport.write(file, model.shape(), model.vocabulary(), model.weights());
    }
    System.out.printf("%s: %,d bytes%n", file, Files.size(file));
  }
}

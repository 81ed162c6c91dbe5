package org.millrace.launcher.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.inference.api.Engine;
import org.millrace.inference.api.EngineOptions;
import org.millrace.inference.api.Engines;
import org.millrace.inference.api.ModelFiles;

/** With kernels of the CPU, or another model's weights, in the device's place. */
class GreedyAgreementTest {
  @TempDir Path folder;

  private Engine load(long seed, EngineOptions.Kernels kernels) throws IOException {
    Path file = folder.resolve(seed + ".gguf");
    ModelFiles.synthesize("tiny", "Q8_0", seed, file, done -> {});
    return Engines.load(file, new EngineOptions(kernels, 1, 0, 512, 64, 1));
  }

  private static Map<String, Object> compare(Engine device, Engine cpu) {
    return new GreedyAgreement(device, cpu, 64).compare(24);
  }

  @Test
  void otherKernelsSayTheSameOrPartWhereRoundingExplainsIt() throws IOException {
    try (Engine scalar = load(1, EngineOptions.Kernels.SCALAR);
        Engine vector = load(1, EngineOptions.Kernels.VECTOR)) {
      Map<String, Object> result = compare(vector, scalar);
      assertEquals(true, result.get("agrees"), result.toString());
      assertTrue(
          result.get("relative_error") instanceof Double error && error < 1e-3, result.toString());
    }
  }

  @Test
  void anotherModelDoesNotPassForRounding() throws IOException {
    try (Engine one = load(1, EngineOptions.Kernels.SCALAR);
        Engine other = load(2, EngineOptions.Kernels.SCALAR)) {
      Map<String, Object> result = compare(other, one);
      assertEquals(false, result.get("agrees"), result.toString());
    }
  }
}

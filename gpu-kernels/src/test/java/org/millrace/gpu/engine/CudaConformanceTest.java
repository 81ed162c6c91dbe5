package org.millrace.gpu.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.millrace.gpu.emulation.TestDevice;
import org.millrace.inference.api.Engine;

/**
 * Logits and greedy tokens of small random models against float64 arithmetic and llama.cpp, all of
 * it computed on the device. A quantized product quantizes activations too, as llama.cpp's does, so
 * it may be as far from float64 as that, times one and a half.
 */
class CudaConformanceTest {
  private static final Path FOLDER =
      Path.of(
          Optional.ofNullable(System.getenv("MILLRACE_CONFORMANCE"))
              .orElse("../../shared/conformance"));

  private static final double RELATIVE_RMS_MAX = 1e-4;
  private static final int GREEDY_TOKENS = 6;

  @BeforeAll
  static void needsDeviceAndData() {
    TestDevice.assumeThere();
    assumeTrue(
        Files.isDirectory(FOLDER.resolve("models")),
        "skipped: no conformance data in "
            + FOLDER.toAbsolutePath()
            + "; set MILLRACE_CONFORMANCE");
  }

  static List<String> models() throws IOException {
    if (!Files.isDirectory(FOLDER.resolve("models"))) {
      return List.of("none");
    }
    try (Stream<Path> files = Files.list(FOLDER.resolve("models"))) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(".gguf"))
          .map(name -> name.replace(".gguf", ""))
          .filter(name -> Files.exists(FOLDER.resolve("expected").resolve(name + ".json")))
          .sorted()
          .toList();
    }
  }

  @ParameterizedTest
  @MethodSource("models")
  void aModelAgreesInLogitsAndGreedyTokensInTwoOrdersOfThreads(String model) throws IOException {
    Path file = FOLDER.resolve("models").resolve(model + ".gguf");
    JsonNode prompts = expectation(model).get("prompts");
    int[] middle = ints(prompts.get(1).get("tokens"));
    float[] logits;
    try (Engine engine = EngineRun.load(file, TestDevice.name())) {
      for (int i = 0; i < prompts.size(); i++) {
        compareLogits(model, i, engine, prompts.get(i));
      }
      compareGreedy(model, engine, prompts.get(1));
      logits = EngineRun.logits(engine, middle, 256);
    }
    try (Engine other = EngineRun.load(file, TestDevice.another())) {
      assertArrayEquals(logits, EngineRun.logits(other, middle, 5), model + " in another order");
    }
  }

  private static void compareLogits(String model, int index, Engine engine, JsonNode prompt)
      throws IOException {
    int vocabulary = engine.model().vocabularySize();
    ByteBuffer exact = read(model + ".exact.f64");
    float[] found = EngineRun.logits(engine, ints(prompt.get("tokens")), 256);
    double squares = 0;
    for (int i = 0; i < vocabulary; i++) {
      double difference = found[i] - exact.getDouble(8 * (index * vocabulary + i));
      squares += difference * difference;
    }
    double error = Math.sqrt(squares / vocabulary) / prompt.get("exact_logit_std").asDouble();
    double peers = peersError(model, prompt).get("rel_rms").asDouble();
    assertTrue(
        error <= 1.5 * peers + RELATIVE_RMS_MAX,
        "%s prompt %d is %.2e from exact, its peer %.2e".formatted(model, index, error, peers));
  }

  /** Equal up to the first step that rounding could have decided. */
  private static void compareGreedy(String model, Engine engine, JsonNode prompt)
      throws IOException {
    int[] greedy = ints(prompt.get("greedy32"));
    int[] found = EngineRun.greedy(engine, ints(prompt.get("tokens")), GREEDY_TOKENS);
    double rms = peersError(model, prompt).get("rms").asDouble();
    for (int i = 0; i < GREEDY_TOKENS; i++) {
      if (Math.abs(prompt.get("exact_margin_of_greedy").get(i).asDouble()) < 6 * rms) {
        return;
      }
      assertEquals(greedy[i], found[i], model + " step " + i);
    }
  }

  private static JsonNode expectation(String model) throws IOException {
    return new ObjectMapper()
        .readTree(FOLDER.resolve("expected").resolve(model + ".json").toFile());
  }

  private static JsonNode peersError(String model, JsonNode prompt) throws IOException {
    return prompt.get("err_vs_exact").get(expectation(model).get("primary").asText());
  }

  private static ByteBuffer read(String file) throws IOException {
    return ByteBuffer.wrap(Files.readAllBytes(FOLDER.resolve("expected").resolve(file)))
        .order(ByteOrder.LITTLE_ENDIAN);
  }

  private static int[] ints(JsonNode array) {
    int[] ints = new int[array.size()];
    for (int i = 0; i < ints.length; i++) {
      ints[i] = array.get(i).asInt();
    }
    return ints;
  }
}

package org.millrace.inference.model;

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
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.millrace.inference.api.BlockTable;
import org.millrace.inference.api.Engine;
import org.millrace.inference.api.EngineOptions;
import org.millrace.inference.api.EngineOptions.Kernels;
import org.millrace.inference.api.Engines;
import org.millrace.inference.api.Sampler;
import org.millrace.inference.api.SamplingParams;
import org.millrace.inference.api.StepPlan;

/**
 * Logits and greedy tokens of small random models against float64 arithmetic and against what
 * llama.cpp says of the same files.
 */
class EngineConformanceTest {
  private static final Path FOLDER =
      Path.of(
          Optional.ofNullable(System.getenv("MILLRACE_CONFORMANCE"))
              .orElse("../../shared/conformance"));

  /** With float32 activations and cache only the order of sums differs from float64. */
  private static final double RELATIVE_RMS_MAX = 1e-4;

  @BeforeAll
  static void findFolder() {
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
          .map(file -> file.getFileName().toString().replace(".gguf", ""))
          .sorted()
          .toList();
    }
  }

  private static Engine load(String model, Kernels kernels) {
    var options = new EngineOptions(kernels, 2, 0, 2048, 256, 4);
    return Engines.load(FOLDER.resolve("models").resolve(model + ".gguf"), options);
  }

  @ParameterizedTest
  @MethodSource("models")
  void theVectorKernelsAgreeInLogitsAndGreedyTokens(String model) throws IOException {
    try (Engine engine = load(model, Kernels.VECTOR)) {
      compareLogits(model, engine, 0);
      compareGreedy(model, engine);
    }
  }

  /**
   * Activations of eight bits may be as far from exact as those of the peer, which has them too.
   */
  @ParameterizedTest
  @MethodSource("models")
  void theNativeKernelsAgreeInLogitsAndGreedyTokens(String model) throws IOException {
    try (Engine engine = load(model, Kernels.AUTO)) {
      assumeTrue(
          engine.device().kernels().startsWith("native"), "skipped: " + engine.device().reason());
      compareLogits(model, engine, 1.5);
      compareGreedy(model, engine);
    }
  }

  @ParameterizedTest
  @MethodSource("models")
  void theScalarKernelsAgreeInLogits(String model) throws IOException {
    try (Engine engine = load(model, Kernels.SCALAR)) {
      compareLogits(model, engine, 0);
    }
  }

  private static void compareGreedy(String model, Engine engine) throws IOException {
    if (hasExpectation(model)) {
      for (JsonNode prompt : expectation(model).get("prompts")) {
        compareGreedy(model, engine, prompt, primaryError(model, prompt));
      }
    }
  }

  /**
   * @param peersShare how far from exact the logits may be, in parts of the peer's own distance
   */
  private static void compareLogits(String model, Engine engine, double peersShare)
      throws IOException {
    if (!hasExpectation(model)) {
      for (float logit : logits(engine, new int[] {1, 9, 200, 33, 4})) {
        assertTrue(Float.isFinite(logit), model);
      }
      return;
    }
    int vocabulary = engine.model().vocabularySize();
    ByteBuffer exact = read(model + ".exact.f64");
    ByteBuffer peer = read(model + ".logits.f32");
    int index = 0;
    for (JsonNode prompt : expectation(model).get("prompts")) {
      float[] found = logits(engine, ints(prompt.get("tokens")));
      double[] wanted = new double[vocabulary];
      double[] peers = new double[vocabulary];
      for (int i = 0; i < vocabulary; i++) {
        wanted[i] = exact.getDouble(8 * (index * vocabulary + i));
        peers[i] = peer.getFloat(4 * (index * vocabulary + i));
      }
      double error = relativeRms(found, wanted, prompt);
      double peersError = primaryError(model, prompt).get("rel_rms").asDouble();
      double allowed = Math.max(RELATIVE_RMS_MAX, peersShare * peersError);
      assertTrue(error <= allowed, model + " prompt " + index + ": " + error + " > " + allowed);
      double distance = relativeRms(found, peers, prompt);
      assertTrue(
          distance <= 1.5 * peersError + allowed,
          model + " prompt " + index + " is " + distance + " from its peer");
      index++;
    }
  }

  private static double relativeRms(float[] found, double[] wanted, JsonNode prompt) {
    double squares = 0;
    for (int i = 0; i < wanted.length; i++) {
      squares += (found[i] - wanted[i]) * (found[i] - wanted[i]);
    }
    return Math.sqrt(squares / wanted.length) / prompt.get("exact_logit_std").asDouble();
  }

  /** Equal up to the first step that the peer's own rounding could have decided. */
  private static void compareGreedy(
      String model, Engine engine, JsonNode prompt, JsonNode peersError) {
    int[] tokens = ints(prompt.get("tokens"));
    int[] greedy = ints(prompt.get("greedy32"));
    int[] sequence = Arrays.copyOf(tokens, tokens.length + greedy.length);
    BlockTable table = new BlockTable();
    assertTrue(engine.blocks().reserve(table, sequence.length));
    Sampler sampler = engine.sampler(SamplingParams.greedy(), new int[0]);
    int from = 0;
    for (int i = 0; i < greedy.length; i++) {
      double margin = prompt.get("exact_margin_of_greedy").get(i).asDouble();
      if (Math.abs(margin) < 4 * peersError.get("rms").asDouble()) {
        break;
      }
      int length = tokens.length + i;
      var slice = new StepPlan.Slice(sequence, from, length - from, table, sampler);
      var sampled = engine.run(new StepPlan(List.of(slice))).sampled().getFirst();
      assertEquals(greedy[i], Objects.requireNonNull(sampled).token(), model + " step " + i);
      sequence[length] = greedy[i];
      from = length;
    }
    engine.blocks().release(table);
  }

  private static float[] logits(Engine engine, int[] tokens) {
    BlockTable table = new BlockTable();
    assertTrue(engine.blocks().reserve(table, tokens.length));
    var captured = new CapturedLogits();
    engine.run(
        new StepPlan(List.of(new StepPlan.Slice(tokens, 0, tokens.length, table, captured))));
    engine.blocks().release(table);
    return captured.last();
  }

  private static boolean hasExpectation(String model) {
    return Files.exists(FOLDER.resolve("expected").resolve(model + ".json"));
  }

  private static JsonNode expectation(String model) throws IOException {
    return new ObjectMapper()
        .readTree(FOLDER.resolve("expected").resolve(model + ".json").toFile());
  }

  private static JsonNode primaryError(String model, JsonNode prompt) throws IOException {
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

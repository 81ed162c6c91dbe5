package org.millrace.gpu.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.millrace.gpu.emulation.TestDevice;
import org.millrace.inference.api.Engine;
import org.millrace.inference.api.EngineOptions;
import org.millrace.inference.api.EngineOptions.Kernels;
import org.millrace.inference.api.EngineOptions.KvType;
import org.millrace.inference.api.Engines;
import org.millrace.inference.gguf.GgmlType;

/** Every architecture that the CPU runs, on a device, with every kind of cache. */
class CudaArchitecturesTest {
  // Longer than the windows, and than a block of the cache.
  private static final int TOKENS = 90;
  private static final int WINDOW = 40;

  @TempDir Path folder;

  @BeforeAll
  static void needsDevice() {
    TestDevice.assumeThere();
  }

  private static SmallModel gemma(String name) {
    return new SmallModel(name).postNorms().says("attention.sliding_window", WINDOW);
  }

  private static SmallModel phi() {
    return new SmallModel("phi3").fused().says("attention.sliding_window", WINDOW);
  }

  private static Arguments as(String name, SmallModel model) {
    return Arguments.of(Named.of(name, model));
  }

  private static Stream<Arguments> models() {
    return Stream.of(
        as("llama", new SmallModel("llama")),
        as("qwen2", new SmallModel("qwen2")),
        as("gemma", new SmallModel("gemma")),
        as("llama with experts", new SmallModel("llama").experts()),
        as("qwen3", new SmallModel("qwen3").headNorms()),
        as("qwen3moe", new SmallModel("qwen3moe").headNorms().experts()),
        as("qwen2moe", new SmallModel("qwen2moe").experts().sharedExpert()),
        as("phi3", phi()),
        as("phi3 with long factors", phi().longFactors(24)),
        as(
            "gemma2",
            gemma("gemma2").says("attn_logit_softcapping", 5f).says("final_logit_softcapping", 3f)),
        as("gemma3", gemma("gemma3").headNorms()));
  }

  static Stream<Arguments> modelsAndCaches() {
    return models()
        .flatMap(model ->
            Stream.of(KvType.F32, KvType.F16, KvType.Q8_0)
                .map(kind -> Arguments.of(model.get()[0], kind)));
  }

  private static EngineOptions options(KvType kind, String device) {
    return new EngineOptions(Kernels.SCALAR, 1, 0, 512, 128, 4).with(kind).on(device);
  }

  @ParameterizedTest
  @MethodSource("modelsAndCaches")
  void anArchitectureAgreesWithTheCpuAndWithItselfHoweverItIsCut(SmallModel model, KvType kind)
      throws IOException {
    Path file = model.write(folder.resolve("model.gguf"), GgmlType.F32);
    int[] tokens = new SplittableRandom(11).ints(TOKENS, 0, SmallModel.VOCABULARY).toArray();
    float[] expected;
    try (Engine cpu = Engines.load(file, options(kind, "cpu"))) {
      expected = EngineRun.logits(cpu, tokens, 128);
    }
    try (Engine engine = Engines.load(file, options(kind, TestDevice.name()));
        Engine other = Engines.load(file, options(kind, TestDevice.another()))) {
      float[] found = EngineRun.logits(engine, tokens, 128);
      // Float16 and quanta round what differs in the last bit to either side.
      assertNear(expected, found, kind == KvType.F32 ? 1e-5 : kind == KvType.F16 ? 1e-3 : 1e-2);
      assertArrayEquals(found, EngineRun.logits(other, tokens, 7), "cut, in another order");
    }
  }

  private static void assertNear(float[] expected, float[] found, double relativeMax) {
    double squares = 0;
    double errors = 0;
    for (int i = 0; i < expected.length; i++) {
      squares += (double) expected[i] * expected[i];
      errors += Math.pow((double) expected[i] - found[i], 2);
    }
    double relative = Math.sqrt(errors / squares);
    assertTrue(relative <= relativeMax, "relative error " + relative);
  }
}

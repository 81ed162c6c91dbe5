package org.millrace.inference.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.millrace.inference.api.BlockTable;
import org.millrace.inference.api.Engine;
import org.millrace.inference.api.EngineOptions;
import org.millrace.inference.api.EngineOptions.Kernels;
import org.millrace.inference.api.Engines;
import org.millrace.inference.api.ModelLoadException;
import org.millrace.inference.api.SampledToken;
import org.millrace.inference.api.Sampler;
import org.millrace.inference.api.SamplingParams;
import org.millrace.inference.api.StepPlan;
import org.millrace.inference.api.StepPlan.Slice;
import org.millrace.inference.api.StepResult;
import org.millrace.inference.gguf.GgmlType;

class ModelEngineTest {
  @TempDir Path folder;

  private static EngineOptions options(Kernels kernels) {
    return new EngineOptions(kernels, 3, 0, 2048, 128, 8);
  }

  private Engine load(TinyModel model, Kernels kernels) {
    return Engines.load(model.write(folder.resolve("tiny.gguf")), options(kernels));
  }

  private static int[] tokens(long seed, int count) {
    return new SplittableRandom(seed).ints(count, 0, TinyModel.VOCABULARY).toArray();
  }

  private static BlockTable blocks(Engine engine, int tokens) {
    var table = new BlockTable();
    assertTrue(engine.blocks().reserve(table, tokens));
    return table;
  }

  /** The last position's logits, computed in steps of at most {@code chunk} tokens. */
  private static float[] logits(Engine engine, int[] sequence, int chunk) {
    BlockTable table = blocks(engine, sequence.length);
    var captured = new CapturedLogits();
    for (int from = 0; from < sequence.length; from += chunk) {
      int count = Math.min(chunk, sequence.length - from);
      boolean last = from + count == sequence.length;
      engine.run(
          new StepPlan(List.of(new Slice(sequence, from, count, table, last ? captured : null))));
    }
    engine.blocks().release(table);
    return captured.last();
  }

  @ParameterizedTest
  @EnumSource(names = {"AUTO", "SCALAR", "VECTOR"})
  void aPromptGivesTheSameBitsHoweverItIsCut(Kernels kernels) {
    for (TinyModel model :
        List.of(new TinyModel("llama").type(GgmlType.Q4_0), new TinyModel("llama").experts())) {
      try (Engine engine = load(model, kernels)) {
        int[] sequence = tokens(1, 100);
        float[] whole = logits(engine, sequence, 128);
        for (int chunk : new int[] {1, 3, 31, 32, 33, 99}) {
          assertArrayEquals(whole, logits(engine, sequence, chunk), "steps of " + chunk);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"SCALAR", "VECTOR", "AUTO"})
  void aQuantizedCacheChangesLogitsLittleAndTheSameHoweverThePromptIsCut(Kernels kernels) {
    Path file = new TinyModel("llama").type(GgmlType.Q8_0).write(folder.resolve("tiny.gguf"));
    var quantized = options(kernels).with(EngineOptions.KvType.Q8_0);
    int[] sequence = tokens(4, 100);
    try (Engine exact = Engines.load(file, options(kernels));
        Engine engine = Engines.load(file, quantized)) {
      assertTrue(engine.model().kvBytesPerToken() * 3 < exact.model().kvBytesPerToken());
      float[] wanted = logits(exact, sequence, 128);
      float[] found = logits(engine, sequence, 128);
      double error = 0;
      double size = 0;
      for (int i = 0; i < wanted.length; i++) {
        error += Math.pow(found[i] - wanted[i], 2);
        size += Math.pow(wanted[i], 2);
      }
      assertTrue(error > 0, "the cache is quantized");
      assertTrue(Math.sqrt(error / size) < 0.03, "relative error " + Math.sqrt(error / size));
      for (int chunk : new int[] {1, 7, 33}) {
        assertArrayEquals(found, logits(engine, sequence, chunk), "steps of " + chunk);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"AUTO", "SCALAR", "VECTOR"})
  void aSequenceGivesTheSameBitsWhateverElseIsInTheBatch(Kernels kernels) {
    for (TinyModel model :
        List.of(new TinyModel("llama").type(GgmlType.Q8_0), new TinyModel("llama").experts())) {
      try (Engine engine = load(model, kernels)) {
        int[] lengths = {1, 7, 33, 20, 50};
        List<Slice> slices = new ArrayList<>();
        List<CapturedLogits> captured = new ArrayList<>();
        for (int i = 0; i < lengths.length; i++) {
          captured.add(new CapturedLogits());
          BlockTable table = blocks(engine, lengths[i]);
          slices.add(new Slice(tokens(i, lengths[i]), 0, lengths[i], table, captured.get(i)));
        }
        engine.run(new StepPlan(slices));
        for (int i = 0; i < lengths.length; i++) {
          float[] alone = logits(engine, slices.get(i).tokens(), 128);
          assertArrayEquals(alone, captured.get(i).last(), "sequence " + i);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama", "qwen2"})
  void scalarAndVectorKernelsGiveTheSameModel(String architecture) {
    var model = new TinyModel(architecture);
    int[] sequence = tokens(4, 70);
    try (Engine scalar = load(model, Kernels.SCALAR);
        Engine vector = load(model, Kernels.VECTOR)) {
      assertEquals("scalar", scalar.device().kernels());
      assertEquals("vector", vector.device().kernels());
      assertArrayEquals(logits(scalar, sequence, 128), logits(vector, sequence, 128), 1e-4f);
    }
  }

  @Test
  void aTiedOutputUsesTheEmbedding() {
    try (Engine engine = load(new TinyModel("llama").without("output.weight"), Kernels.AUTO)) {
      assertEquals(TinyModel.VOCABULARY, logits(engine, tokens(2, 5), 8).length);
    }
  }

  @Test
  void modelInfoSaysWhatTheFileSays() {
    try (Engine engine = load(new TinyModel("llama").type(GgmlType.Q8_0), Kernels.AUTO)) {
      var info = engine.model();
      assertEquals("tiny", info.name());
      assertEquals("llama", info.architecture());
      assertEquals("Q8_0", info.quantization());
      assertEquals(TinyModel.CONTEXT, info.contextTokens());
      assertEquals(2, info.layers());
      // 2 layers x 2 heads x (key + value) x 16 elements x 4 bytes
      assertEquals(512, info.kvBytesPerToken());
      assertEquals(64, engine.blocks().totalBlocks());
    }
  }

  @Test
  void aPlanThatBreaksALimitIsRefusedAndTheEngineGoesOn() {
    try (Engine engine = load(new TinyModel("llama"), Kernels.AUTO)) {
      int[] sequence = tokens(3, 200);
      BlockTable table = blocks(engine, 200);
      assertRefused(engine, "129 tokens", new Slice(sequence, 0, 129, table, null));
      assertRefused(engine, "0 tokens", new Slice(sequence, 0, 0, table, null));
      assertRefused(engine, "from 190", new Slice(sequence, 190, 11, table, null));
      assertRefused(engine, "from -1", new Slice(sequence, -1, 1, table, null));
      assertRefused(engine, "blocks for 0", new Slice(sequence, 0, 1, new BlockTable(), null));
      assertRefused(engine, "token 40", new Slice(new int[] {40}, 0, 1, table, null));
      assertRefused(engine, "token -1", new Slice(new int[] {-1}, 0, 1, table, null));
      assertRefused(engine, "the context is 256", new Slice(new int[300], 256, 1, table, null));
      Slice[] nine = new Slice[9];
      Arrays.fill(nine, new Slice(sequence, 0, 1, table, null));
      assertRefused(engine, "9 sequences", nine);
      assertTrue(engine.run(new StepPlan(List.of())).sampled().isEmpty());
      assertNotNull(logits(engine, sequence, 128));
    }
  }

  private static void assertRefused(Engine engine, String part, Slice... slices) {
    var refusal =
        assertThrows(
            IllegalArgumentException.class, () -> engine.run(new StepPlan(List.of(slices))));
    String message = Objects.requireNonNull(refusal.getMessage());
    assertTrue(message.contains(part), message);
  }

  @Test
  void logitsThatAreNoNumbersFailTheirSequenceOnly() {
    try (Engine engine = load(new TinyModel("llama").withoutNumbers(), Kernels.VECTOR)) {
      Sampler strict = engine.sampler(SamplingParams.greedy(), new int[0]);
      var lenient = new CapturedLogits();
      int[] sequence = tokens(5, 20);
      StepResult result =
          engine.run(
              new StepPlan(
                  List.of(
                      new Slice(sequence, 0, 20, blocks(engine, 20), strict),
                      new Slice(sequence, 0, 20, blocks(engine, 20), null),
                      new Slice(sequence, 0, 20, blocks(engine, 20), lenient))));
      assertEquals(List.of(0), List.copyOf(result.failures().keySet()));
      assertInstanceOf(IllegalStateException.class, result.failures().get(0));
      assertNull(result.sampled().get(0));
      assertNull(result.sampled().get(1));
      assertNotNull(result.sampled().get(2));
    }
  }

  @Test
  void aSamplerThatExhaustsTheStackFailsItsSequenceOnly() {
    try (Engine engine = load(new TinyModel("llama"), Kernels.AUTO)) {
      int[] sequence = tokens(7, 20);
      Sampler endless = ModelEngineTest::endless;
      Sampler greedy = engine.sampler(SamplingParams.greedy(), new int[0]);
      var result =
          engine.run(
              new StepPlan(
                  List.of(
                      new Slice(sequence, 0, 20, blocks(engine, 20), endless),
                      new Slice(sequence, 0, 20, blocks(engine, 20), greedy))));
      assertEquals(List.of(0), List.copyOf(result.failures().keySet()));
      assertNotNull(result.sampled().get(1));
    }
  }

  @SuppressWarnings("InfiniteRecursion")
  private static SampledToken endless(float[] logits) {
    return endless(logits);
  }

  @Test
  void closingTwiceIsFineAndNothingRunsAfterwards() {
    Engine engine = load(new TinyModel("llama"), Kernels.AUTO);
    engine.close();
    engine.close();
    assertThrows(IllegalStateException.class, () -> engine.run(new StepPlan(List.of())));
  }

  @Test
  void greedyGenerationByTheEnginesOwnSamplerFollowsTheLogits() {
    try (Engine engine = load(new TinyModel("llama"), Kernels.VECTOR)) {
      int[] sequence = Arrays.copyOf(tokens(6, 5), 40);
      BlockTable table = blocks(engine, 40);
      Sampler greedy = engine.sampler(SamplingParams.greedy(), new int[0]);
      for (int length = 5, from = 0; length < 40; from = length++) {
        var slice = new Slice(sequence, from, length - from, table, greedy);
        var sampled = engine.run(new StepPlan(List.of(slice))).sampled().getFirst();
        sequence[length] = Objects.requireNonNull(sampled).token();
      }
      for (int length = 5; length < 40; length++) {
        float[] logits = logits(engine, Arrays.copyOf(sequence, length), 128);
        var expected = new CapturedLogits().sample(logits).token();
        assertEquals(expected, sequence[length], "token " + length);
      }
    }
  }

  @Test
  void faultsOfAModelAreNamed() {
    assertLoadFault("architecture rwkv is not supported; supported are llama", model("rwkv"));
    assertLoadFault(
        "blk.1.attn_q.weight is missing", model("llama").without("blk.1.attn_q.weight"));
    assertLoadFault(
        "blk.0.attn_k.weight has shape [64, 33]",
        model("llama").with("blk.0.attn_k.weight", 64L, 33L));
    assertLoadFault(
        "blk.0.extra.weight is not known", model("llama").with("blk.0.extra.weight", 4L));
    assertLoadFault("blk.0.attn_q_norm.weight is missing", model("qwen3"));
    assertLoadFault("output.weight has shape", model("llama").with("output.weight", 64L, 41L));
  }

  private static TinyModel model(String architecture) {
    return new TinyModel(architecture);
  }

  private void assertLoadFault(String part, TinyModel model) {
    var fault = assertThrows(ModelLoadException.class, () -> load(model, Kernels.AUTO).close());
    String message = Objects.requireNonNull(fault.getMessage());
    assertTrue(message.contains(part), message);
    assertTrue(message.contains("tiny.gguf"), message);
  }

  @Test
  void aCacheLargerThanTheMachineIsRefusedWithBothSizes() {
    Path file = new TinyModel("llama").write(folder.resolve("tiny.gguf"));
    var options = new EngineOptions(Kernels.AUTO, 1, 0, 2_000_000_000, 16, 1);
    var fault = assertThrows(ModelLoadException.class, () -> Engines.load(file, options));
    String message = Objects.requireNonNull(fault.getMessage());
    assertTrue(message.contains("kvCacheTokens (2000000000)"), message);
  }

  @Test
  void aLargeCacheKeepsHalfPrecisionAndStaysClose() {
    Path file = new TinyModel("llama").write(folder.resolve("tiny.gguf"));
    int[] sequence = tokens(9, 90);
    try (Engine exact = Engines.load(file, options(Kernels.VECTOR));
        Engine half =
            Engines.load(file, new EngineOptions(Kernels.VECTOR, 2, 0, 3_000_000, 128, 4))) {
      assertEquals(256, half.model().kvBytesPerToken());
      float[] expected = logits(exact, sequence, 128);
      float[] found = logits(half, sequence, 128);
      assertArrayEquals(expected, found, 2e-2f);
      assertArrayEquals(found, logits(half, sequence, 7), "however it is cut");
    }
  }
}

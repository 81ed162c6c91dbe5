package org.millrace.gpu.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.millrace.gpu.CudaProbe;
import org.millrace.gpu.emulation.TestDevice;
import org.millrace.inference.api.BlockTable;
import org.millrace.inference.api.Engine;
import org.millrace.inference.api.ModelFiles;
import org.millrace.inference.api.ModelLoadException;
import org.millrace.inference.api.SamplingParams;
import org.millrace.inference.api.StepPlan;
import org.millrace.inference.api.StepPlan.Slice;

/** Whole models of random weights on a device. */
class CudaEngineTest {
  @TempDir Path folder;

  private Path model(String shape, String quantization) throws IOException {
    Path file = folder.resolve(shape + "." + quantization + ".gguf");
    ModelFiles.synthesize(shape, quantization, 1, file, done -> {});
    return file;
  }

  private static int[] tokens(long seed, int count) {
    return new SplittableRandom(seed).ints(count, 0, 2000).toArray();
  }

  @ParameterizedTest
  @CsvSource({"tiny, Q4_0", "tiny, Q4_K_M", "tiny-moe, Q8_0"})
  void aPromptGivesTheSameBitsHoweverItIsCutAndWhateverElseIsInTheBatch(
      String shape, String quantization) throws IOException {
    TestDevice.assumeThere();
    Path file = model(shape, quantization);
    try (Engine engine = EngineRun.load(file, TestDevice.name());
        Engine cpu = EngineRun.load(file, "cpu")) {
      int[] sequence = tokens(1, 70);
      float[] whole = EngineRun.logits(engine, sequence, 256);
      assertNear(EngineRun.logits(cpu, sequence, 256), whole);
      assertArrayEquals(whole, EngineRun.logits(engine, sequence, 33), "in steps of 33");
      assertArrayEquals(whole, EngineRun.logits(engine, sequence, 1), "token by token");
      assertBatch(engine);
    }
  }

  private static void assertNear(float[] expected, float[] found) {
    double squares = 0;
    double error = 0;
    for (int i = 0; i < expected.length; i++) {
      squares += (double) expected[i] * expected[i];
      error += ((double) expected[i] - found[i]) * ((double) expected[i] - found[i]);
    }
    double relative = Math.sqrt(error / squares);
    assertTrue(relative < 0.05, "relative error " + relative);
  }

  private static void assertBatch(Engine engine) {
    int[] lengths = {1, 19, 40};
    List<Slice> slices = new ArrayList<>();
    List<EngineRun.Captured> captured = new ArrayList<>();
    for (int length : lengths) {
      captured.add(new EngineRun.Captured());
      BlockTable table = EngineRun.reserve(engine, length);
      slices.add(new Slice(tokens(length, length), 0, length, table, captured.getLast()));
    }
    engine.run(new StepPlan(slices));
    for (int i = 0; i < lengths.length; i++) {
      float[] alone = EngineRun.logits(engine, tokens(lengths[i], lengths[i]), 256);
      assertArrayEquals(alone, captured.get(i).last(), "sequence " + i);
    }
  }

  @Test
  void severalSequencesDecodeTogetherAsTheyWouldAlone() throws IOException {
    TestDevice.assumeThere();
    try (Engine engine = EngineRun.load(model("tiny", "Q4_0"), TestDevice.name())) {
      List<int[]> alone = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        alone.add(EngineRun.greedy(engine, tokens(i, 5 + i), 6));
      }
      assertArrayEquals(alone.toArray(), together(engine).toArray());
    }
  }

  private static List<int[]> together(Engine engine) {
    int[][] sequences = new int[3][];
    List<BlockTable> tables = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      sequences[i] = Arrays.copyOf(tokens(i, 5 + i), 11 + i);
      tables.add(EngineRun.reserve(engine, 11 + i));
    }
    var sampler = engine.sampler(SamplingParams.greedy(), new int[0]);
    for (int step = 0; step < 6; step++) {
      List<Slice> slices = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        int known = 5 + i + step;
        int from = step == 0 ? 0 : known - 1;
        slices.add(new Slice(sequences[i], from, known - from, tables.get(i), sampler));
      }
      var sampled = engine.run(new StepPlan(slices)).sampled();
      for (int i = 0; i < 3; i++) {
        sequences[i][5 + i + step] = Objects.requireNonNull(sampled.get(i)).token();
      }
    }
    tables.forEach(engine.blocks()::release);
    List<int[]> results = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      results.add(Arrays.copyOfRange(sequences[i], 5 + i, 11 + i));
    }
    return results;
  }

  @Test
  void aPromptThatBeginsAsOneBeforeReadsWhatThatLeftInTheCache() throws IOException {
    TestDevice.assumeThere();
    try (Engine engine = EngineRun.load(model("tiny", "Q8_0"), TestDevice.name())) {
      int[] sequence = tokens(3, 80);
      float[] expected = EngineRun.logits(engine, sequence, 256);
      UUID owner = new UUID(0, 1);
      BlockTable first = EngineRun.reserve(engine, 80);
      engine.run(new StepPlan(List.of(new Slice(sequence, 0, 80, first, null))));
      engine.blocks().publish(first, owner, sequence, 80);
      engine.blocks().release(first);
      var table = new BlockTable();
      int cached = engine.blocks().adopt(table, owner, sequence, 80);
      assertTrue(cached >= 32, cached + " tokens are cached");
      assertTrue(engine.blocks().reserve(table, cached, 80));
      var captured = new EngineRun.Captured();
      engine.run(new StepPlan(List.of(new Slice(sequence, cached, 80 - cached, table, captured))));
      assertArrayEquals(expected, captured.last());
    }
  }

  @Test
  void aDeviceThatWasAskedForAndIsNotThereIsAnErrorThatSaysWhy() throws IOException {
    assumeTrue(CudaProbe.probe().devices().isEmpty(), "this machine has a device");
    Path file = model("tiny", "Q4_0");
    var refusal = assertThrows(ModelLoadException.class, () -> EngineRun.load(file, "cuda"));
    String message = Objects.requireNonNull(refusal.getMessage());
    assertTrue(message.startsWith("device cuda cannot be used: "), message);
    var unknown = assertThrows(ModelLoadException.class, () -> EngineRun.load(file, "abacus"));
    String names = Objects.requireNonNull(unknown.getMessage());
    assertTrue(names.contains("known are cpu, auto, ") && names.contains("cuda"), names);
  }

  @Test
  void theDeviceIsNamed() throws IOException {
    TestDevice.assumeThere();
    try (Engine engine = EngineRun.load(model("tiny", "Q4_0"), TestDevice.name())) {
      assertEquals("cuda", engine.device().kernels());
      assertTrue(engine.device().reason().contains("MiB"), engine.device().reason());
    }
  }
}

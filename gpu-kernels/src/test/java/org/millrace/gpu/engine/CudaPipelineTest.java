package org.millrace.gpu.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.millrace.gpu.emulation.EmulatedMachine;
import org.millrace.gpu.emulation.TestDevice;
import org.millrace.inference.api.BlockTable;
import org.millrace.inference.api.DeviceUse;
import org.millrace.inference.api.Engine;
import org.millrace.inference.api.EngineOptions;
import org.millrace.inference.api.Engines;
import org.millrace.inference.api.ModelFiles;
import org.millrace.inference.api.ModelLoadException;
import org.millrace.inference.api.StepPlan;
import org.millrace.inference.api.StepPlan.Slice;

/** A model whose layers are split over several emulated devices, each too small for all of it. */
class CudaPipelineTest {
  // So many that the cache is most of what a model takes, and a device's size decides the split.
  private static final int CACHE_TOKENS = 32_768;
  private static final int PERCENT = 90;

  private static final Path MODELS =
      Path.of(
              Optional.ofNullable(System.getenv("MILLRACE_CONFORMANCE"))
                  .orElse("../../shared/conformance"))
          .resolve("models");

  private final EmulatedMachine machine = EmulatedMachine.usual();

  @TempDir Path folder;

  @BeforeEach
  void needsTheLibrary() {
    assumeFalse(TestDevice.isReal(), "real devices cannot be made smaller");
    TestDevice.assumeThere();
  }

  @AfterEach
  void nothingIsLeft() {
    for (int i = 0; i < 3; i++) {
      assertEquals(0, machine.device(i).allocatedBytes(), "device " + i);
      machine.device(i).repair();
    }
    machine.peers(true);
  }

  private static EngineOptions options(String device) {
    return new EngineOptions(EngineOptions.Kernels.AUTO, 2, 512, CACHE_TOKENS, 64, 4)
        .with(EngineOptions.KvType.F32)
        .on(device, PERCENT);
  }

  private static int[] tokens(int count) {
    return new SplittableRandom(7).ints(count, 0, 300).toArray();
  }

  private static Path conformance(String name) {
    Path file = MODELS.resolve(name + ".gguf");
    assumeTrue(Files.exists(file), "skipped: no " + file.toAbsolutePath());
    return file;
  }

  /** Makes each device so small that it takes as many of them as are named. */
  private void limit(DeviceUse ofOne, int count) {
    long budget = (ofOne.weights() + ofOne.cache()) / count * 5 / 4 + 2 * ofOne.scratch();
    assertTrue(budget < ofOne.total() * 9 / 10, "the cache is too small to decide");
    for (int i = 0; i < 3; i++) {
      machine.device(i).limit(budget / PERCENT * 100);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "gemma3.Q4_K_M, 2, true",
    "gemma3.Q4_K_M, 3, true",
    "gemma3.Q4_K_M, 3, false",
    "qwen3moe.Q8_0, 2, true"
  })
  void splitOverDevicesAModelGivesTheSameBits(String model, int count, boolean peers) {
    Path file = conformance(model);
    int[] sequence = tokens(90);
    float[] whole;
    int[] greedy;
    DeviceUse use;
    try (Engine engine = Engines.load(file, options("emulated:0"))) {
      whole = EngineRun.logits(engine, sequence, 64);
      greedy = EngineRun.greedy(engine, tokens(60), 8);
      use = engine.deviceUse().getFirst();
    }
    limit(use, count);
    machine.peers(peers);
    try (Engine engine = Engines.load(file, options("emulated:0,1,2"))) {
      assertEquals(count, engine.deviceUse().size(), engine.device().toString());
      assertEquals("emulated" + " + emulated".repeat(count - 1), engine.device().device());
      assertArrayEquals(whole, EngineRun.logits(engine, sequence, 64));
      assertArrayEquals(whole, EngineRun.logits(engine, sequence, 17));
      // Long enough that steps are written down and run again on each device.
      assertArrayEquals(greedy, EngineRun.greedy(engine, tokens(60), 8));
      assertArrayEquals(greedy, EngineRun.greedy(engine, tokens(60), 8));
      long weights = engine.deviceUse().stream().mapToLong(DeviceUse::weights).sum();
      assertTrue(weights >= use.weights(), weights + " bytes of weights, not " + use.weights());
      long cache = engine.deviceUse().stream().mapToLong(DeviceUse::cache).sum();
      assertEquals(use.cache(), cache);
    }
  }

  @Test
  void whatIsInTheCacheOfAllDevicesIsCopiedWithItsBlock() {
    Path file = conformance("gemma3.Q4_K_M");
    DeviceUse use;
    float[] expected;
    int[] sequence = tokens(64);
    try (Engine engine = Engines.load(file, options("emulated:0"))) {
      use = engine.deviceUse().getFirst();
      expected = EngineRun.logits(engine, sequence, 64);
    }
    limit(use, 2);
    try (Engine engine = Engines.load(file, options("emulated:0,1"))) {
      UUID owner = new UUID(0, 1);
      BlockTable first = EngineRun.reserve(engine, 64);
      engine.run(new StepPlan(List.of(new Slice(sequence, 0, 64, first, null))));
      engine.blocks().publish(first, owner, sequence, 64);
      engine.blocks().release(first);
      var table = new BlockTable();
      assertEquals(64, engine.blocks().adopt(table, owner, sequence, 64));
      // The last token is computed once more, into a copy of the shared block.
      assertTrue(engine.blocks().reserve(table, 63, 64));
      var captured = new EngineRun.Captured();
      engine.run(new StepPlan(List.of(new Slice(sequence, 63, 1, table, captured))));
      assertArrayEquals(expected, captured.last());
    }
  }

  @Test
  void aModelThatAllDevicesTogetherCannotHoldIsRefusedWithTheSizesAndWhatHelps()
      throws IOException {
    Path file = folder.resolve("tiny.gguf");
    ModelFiles.synthesize("tiny", "Q4_0", 1, file, done -> {});
    machine.device(0).limit(8L << 20);
    machine.device(1).limit(4L << 20);
    var refusal =
        assertThrows(ModelLoadException.class, () -> Engines.load(file, options("emulated:0,1")));
    String message = Objects.requireNonNull(refusal.getMessage());
    assertTrue(message.startsWith("the model needs "), message);
    assertTrue(message.contains("emulated:0 (emulated) 7 MiB of 8 MiB"), message);
    assertTrue(message.contains("emulated:1 (emulated) 3 MiB of 4 MiB"), message);
    assertTrue(message.contains("lower millrace.engine.kv-cache-tokens (32768)"), message);
    assertTrue(message.contains("name more devices"), message);
  }

  @Test
  void aModelThatFitsOneDeviceIsNotSplitAndADeviceThatIsNotThereIsNamed() throws IOException {
    Path file = folder.resolve("tiny.gguf");
    ModelFiles.synthesize("tiny", "Q4_0", 1, file, done -> {});
    try (Engine engine = Engines.load(file, options("emulated:2,1"))) {
      assertEquals(
          List.of("emulated:2"), engine.deviceUse().stream().map(DeviceUse::device).toList());
    }
    var refusal =
        assertThrows(ModelLoadException.class, () -> Engines.load(file, options("emulated:0,7")));
    String message = Objects.requireNonNull(refusal.getMessage());
    assertTrue(message.contains("no usable device 7; there are emulated:0, "), message);
  }
}

package org.millrace.gpu.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.millrace.gpu.emulation.EmulatedDevice;
import org.millrace.gpu.emulation.EmulatedMachine;
import org.millrace.gpu.emulation.TestDevice;
import org.millrace.inference.api.DeviceException;
import org.millrace.inference.api.DeviceUse;
import org.millrace.inference.api.Engine;
import org.millrace.inference.api.EngineOptions;
import org.millrace.inference.api.Engines;
import org.millrace.inference.api.LoadProgress;
import org.millrace.inference.api.ModelFiles;
import org.millrace.inference.api.ModelLoadException;
import org.millrace.inference.api.SampledToken;
import org.millrace.inference.api.Sampler;
import org.millrace.inference.api.StepPlan;
import org.millrace.inference.api.StepPlan.Slice;
import org.millrace.inference.api.StepResult;

/** How models come to a device, share it, and leave it. */
class CudaLoadTest {
  private static final long MIB = 1L << 20;

  private final EmulatedDevice device = EmulatedMachine.usual().device(3);

  @TempDir Path folder;
  private Path file = Path.of("");

  @BeforeEach
  void makeAModel() throws IOException {
    assumeFalse(TestDevice.isReal(), "others may use the device");
    TestDevice.assumeThere();
    file = folder.resolve("tiny.gguf");
    ModelFiles.synthesize("tiny", "Q4_K_M", 1, file, done -> {});
  }

  @AfterEach
  void nothingIsLeft() {
    device.repair();
    assertEquals(0, device.allocatedBytes());
  }

  private static EngineOptions options(int cacheTokens) {
    return new EngineOptions(EngineOptions.Kernels.AUTO, 2, 512, cacheTokens, 64, 4)
        .with(EngineOptions.KvType.F32)
        .on("emulated:3", 100);
  }

  private Engine load(int cacheTokens) {
    return Engines.load(file, options(cacheTokens), LoadProgress.UNWATCHED);
  }

  @Test
  void everyByteIsCounted() {
    try (Engine engine = load(1024)) {
      DeviceUse use = engine.deviceUse().getFirst();
      assertEquals(device.allocatedBytes(), use.weights() + use.cache() + use.scratch());
      assertEquals(1024 * engine.model().kvBytesPerToken(), use.cache());
      EngineRun.greedy(engine, new int[] {1, 2, 3}, 5);
      assertTrue(engine.deviceUse().getFirst().graphs() > 0);
    }
  }

  @ParameterizedTest
  @CsvSource({"tiny, Q4_0, 64", "tiny, F16, 2048", "tiny-moe, Q4_K_M, 64", "tiny-moe, Q8_0, 512"})
  void whatIsPlannedIsEnoughForAllStepsAndLittleMoreThanWhatIsTaken(
      String shape, String quantization, int cacheTokens) throws IOException {
    file = folder.resolve("planned.gguf");
    ModelFiles.synthesize(shape, quantization, 1, file, done -> {});
    device.limit(MIB);
    var refusal = assertThrows(ModelLoadException.class, () -> load(cacheTokens));
    var needed = Pattern.compile("needs (\\d+) MiB").matcher(String.valueOf(refusal.getMessage()));
    assertTrue(needed.find(), refusal.getMessage());
    long planned = (Long.parseLong(needed.group(1)) + 1) * MIB;
    device.limit(planned + 100);
    try (Engine engine = load(cacheTokens)) {
      EngineRun.greedy(engine, new int[] {1, 2, 3}, 5);
      long used = engine.deviceUse().getFirst().total();
      assertTrue(used > planned / 2, used + " bytes of the " + planned + " that were planned");
    }
  }

  @Test
  void modelsShareADeviceWithinItsMemoryAndTheNextIsRefusedUntilOneLeaves() {
    long ofOne;
    try (Engine engine = load(16_384)) {
      ofOne = engine.deviceUse().getFirst().total();
    }
    device.limit(2 * ofOne + ofOne / 2);
    try (Engine first = load(16_384)) {
      try (Engine second = load(16_384)) {
        assertEquals(first.deviceUse().getFirst().cache(), second.deviceUse().getFirst().cache());
        var refusal = assertThrows(ModelLoadException.class, () -> load(16_384));
        String message = Objects.requireNonNull(refusal.getMessage());
        assertTrue(
            message.contains("KV cache " + first.deviceUse().getFirst().cache() / MIB), message);
        assertTrue(message.contains("unload another model"), message);
      }
      try (Engine again = load(16_384)) {
        assertEquals(5, EngineRun.greedy(again, new int[] {1, 2, 3}, 5).length);
      }
    }
  }

  @Test
  void aModelIsWatchedWhileItsWeightsAreBroughtOnce() {
    List<Long> seen = new ArrayList<>();
    List<Long> totals = new ArrayList<>();
    LoadProgress watcher =
        (bytes, total) -> {
          seen.add(bytes);
          totals.add(total);
        };
    try (Engine engine = Engines.load(file, options(1024), watcher)) {
      assertTrue(seen.size() > 10, seen.toString());
      assertEquals(seen.stream().sorted().toList(), seen);
      assertEquals(totals.getLast(), seen.getLast());
      // The last is the whole file, those before are its tensors.
      assertTrue(seen.get(seen.size() - 2) <= engine.model().fileBytes());
      assertEquals(totals.getFirst(), seen.get(seen.size() - 2));
    }
  }

  @Test
  void loadingCanBeGivenUpHalfWayAndLeavesNothingBehind() {
    LoadProgress impatient =
        (bytes, total) -> {
          if (bytes > total / 2) {
            throw new CancellationException("the server stops");
          }
        };
    assertThrows(CancellationException.class, () -> Engines.load(file, options(1024), impatient));
    assertEquals(0, device.allocatedBytes());
    load(1024).close();
  }

  @Test
  void aDeviceThatIsLostInTheMiddleOfAStepSaysSoAndItsMemoryIsGivenBack() {
    try (Engine engine = load(1024)) {
      EngineRun.greedy(engine, new int[] {1, 2, 3}, 2);
      device.loseAfter(5);
      var lost =
          assertThrows(
              DeviceException.class, () -> EngineRun.greedy(engine, new int[] {1, 2, 3}, 2));
      assertTrue(lost.isLost());
      assertTrue(String.valueOf(lost.getMessage()).contains("CUDA_ERROR_LAUNCH_FAILED"));
      var again =
          assertThrows(
              DeviceException.class, () -> EngineRun.greedy(engine, new int[] {1, 2, 3}, 2));
      assertTrue(again.isLost());
    }
    assertFalse(device.allocatedBytes() > 0);
  }

  @Test
  void whatSamplersHadDrawnWhenTheDeviceWasLostIsTold() {
    try (Engine engine = load(1024)) {
      Sampler last =
          _ -> {
            device.lose();
            return new SampledToken(5, Float.NaN, List.of());
          };
      var plan =
          new StepPlan(
              List.of(
                  new Slice(new int[] {1, 2}, 0, 2, EngineRun.reserve(engine, 2), last),
                  new Slice(
                      new int[] {3},
                      0,
                      1,
                      EngineRun.reserve(engine, 1),
                      new EngineRun.Captured())));
      StepResult result = engine.run(plan);
      assertEquals(5, result.drawn().get(0).getFirst().token());
      assertTrue(result.drawn().get(1).isEmpty());
      var lost = assertInstanceOf(DeviceException.class, result.failures().get(1));
      assertTrue(lost.isLost());
    }
  }
}

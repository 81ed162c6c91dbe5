package org.millrace.gpu.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.gpu.driver.DeviceMemoryException;
import org.millrace.gpu.driver.NvidiaContext;
import org.millrace.gpu.emulation.StandIn;
import org.millrace.gpu.placement.DeviceBudget;
import org.millrace.inference.api.DeviceException;
import org.millrace.inference.api.DeviceUse;
import org.millrace.inference.api.Engine;
import org.millrace.inference.api.ModelFiles;
import org.millrace.inference.api.ModelLoadException;

/** Models that come to GPUs and leave them, where these fail: through JCuda to the stand-in. */
class NvidiaLoadTest {
  private static final int ECC_UNCORRECTABLE = 214;
  private static final int ILLEGAL_ADDRESS = 700;
  private static final int[] PROMPT = {5, 6, 7};

  @TempDir Path folder;

  @BeforeEach
  void needsTheStandIn() {
    assumeTrue(StandIn.isThere(), "skipped: no stand-in for the driver");
    StandIn.reset();
  }

  @AfterEach
  void asItWas() {
    if (StandIn.isThere()) {
      StandIn.reset();
    }
  }

  private Path model() throws IOException {
    Path file = folder.resolve("tiny.gguf");
    ModelFiles.synthesize("tiny", "Q4_0", 1, file, done -> {});
    return file;
  }

  private static void lose(int device, int status) {
    StandIn.control("fail_launch=1 fail_device=%d fail_status=%d".formatted(device, status));
  }

  /** A GPU that no process gets back without a reset. */
  private void breakForGood(int device) throws IOException {
    lose(device, ECC_UNCORRECTABLE);
    assertThrows(DeviceException.class, () -> EngineRun.load(model(), "cuda:" + device));
  }

  private static List<String> devices(Engine engine) {
    return engine.deviceUse().stream().map(DeviceUse::device).toList();
  }

  @Test
  void aGpuThatIsLostIsPassedOverWhereAnotherWillDo() throws IOException {
    breakForGood(0);
    try (Engine any = EngineRun.load(model(), "cuda");
        Engine named = EngineRun.load(model(), "cuda:1")) {
      assertEquals(List.of("cuda:1"), devices(any));
      assertEquals(List.of("cuda:1"), devices(named));
    }
    assertTrue(StandIn.complaints().stream().allMatch(line -> line.contains("is broken")));
  }

  @Test
  void whereEveryGpuIsLostTheRefusalSaysWhy() throws IOException {
    breakForGood(0);
    breakForGood(1);
    var refusal = assertThrows(ModelLoadException.class, () -> EngineRun.load(model(), "cuda"));
    String message = Objects.requireNonNull(refusal.getMessage());
    assertTrue(message.contains("cuda:0") && message.contains("ECC_UNCORRECTABLE"), message);
    assertTrue(StandIn.complaints().stream().allMatch(line -> line.contains("is broken")));
  }

  @Test
  void aModelWhoseGpuWasLostCanBeClosedAndComesBack() throws IOException {
    int[] expected;
    try (Engine engine = EngineRun.load(model(), "cuda:0")) {
      expected = EngineRun.greedy(engine, PROMPT, 8);
      lose(0, ILLEGAL_ADDRESS);
      var lost = assertThrows(DeviceException.class, () -> EngineRun.greedy(engine, PROMPT, 8));
      assertTrue(lost.isLost(), lost.toString());
    }
    assertEquals(0, DeviceBudget.of("cuda:0").taken());
    try (Engine engine = EngineRun.load(model(), "cuda:0")) {
      assertArrayEquals(expected, EngineRun.greedy(engine, PROMPT, 8));
    }
  }

  @Test
  void memoryThatRunsOutAnywhereWhileAModelIsLoadedIsAllGivenBack() throws IOException {
    long free = NvidiaContext.freeBytes(0);
    // Another model keeps the device open, so that nothing is given back by the driver itself.
    try (var other = NvidiaContext.open(0)) {
      Path file = model();
      boolean loaded = false;
      for (int allocation = 1; !loaded; allocation += 1 + allocation / 2) {
        StandIn.control("fail_allocation=" + allocation);
        try (Engine engine = EngineRun.load(file, "cuda:0")) {
          loaded = engine.deviceUse().size() == 1;
        } catch (ModelLoadException | DeviceMemoryException refusal) {
          String message = Objects.requireNonNull(refusal.getMessage());
          assertTrue(message.contains("has no memory left"), message);
        }
        assertEquals(free, other.freeBytes(), "after allocation " + allocation);
        assertEquals(0, DeviceBudget.of("cuda:0").taken());
      }
    }
  }
}

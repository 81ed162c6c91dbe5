package org.millrace.gpu.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.millrace.gpu.emulation.EmulatedDevice;
import org.millrace.gpu.emulation.EmulatedMachine;
import org.millrace.gpu.emulation.TestDevice;
import org.millrace.inference.api.BlockTable;
import org.millrace.inference.api.Engine;
import org.millrace.inference.api.EngineOptions;
import org.millrace.inference.api.Engines;
import org.millrace.inference.api.ModelFiles;
import org.millrace.inference.api.Sampler;
import org.millrace.inference.api.SamplingParams;
import org.millrace.inference.api.StepPlan;
import org.millrace.inference.api.StepPlan.Slice;

/** What a step asks of the device, seen from below. */
class CudaStepTest {
  private final EmulatedDevice device = EmulatedMachine.usual().device(2);

  @TempDir Path folder;

  @BeforeEach
  void needsTheLibrary() {
    assumeFalse(TestDevice.isReal(), "a real device is not looked at from below");
    TestDevice.assumeThere();
  }

  private Engine load(String shape, String quantization) throws IOException {
    Path file = folder.resolve(shape + ".gguf");
    ModelFiles.synthesize(shape, quantization, 1, file, done -> {});
    var options =
        new EngineOptions(EngineOptions.Kernels.AUTO, 2, 512, 2048, 64, 4).on("emulated:2", 100);
    return Engines.load(file, options);
  }

  private static void step(Engine engine, int from, int count, int sequences, Sampler sampler) {
    int[] tokens = new int[from + count];
    List<BlockTable> tables = new ArrayList<>();
    List<Slice> slices = new ArrayList<>();
    for (int i = 0; i < sequences; i++) {
      tables.add(EngineRun.reserve(engine, from + count));
      slices.add(new Slice(tokens, from, count, tables.getLast(), sampler));
    }
    engine.run(new StepPlan(slices));
    tables.forEach(engine.blocks()::release);
  }

  @ParameterizedTest
  @ValueSource(strings = {"tiny", "tiny-moe"})
  void noStepTakesMemory(String shape) throws IOException {
    try (Engine engine = load(shape, "Q4_K_M")) {
      int before = device.allocations();
      Sampler greedy = engine.sampler(SamplingParams.greedy(), new int[0]);
      step(engine, 0, 64, 1, greedy);
      step(engine, 0, 16, 4, new EngineRun.Captured());
      for (int sequences = 1; sequences <= 4; sequences++) {
        for (int again = 0; again < 3; again++) {
          step(engine, 20, 1, sequences, greedy);
          step(engine, 300, 1, sequences, new EngineRun.Captured());
        }
      }
      assertEquals(before, device.allocations());
    }
  }

  @Test
  void aStepThatWasWrittenDownStartsExactlyWhatItDidWhenItWasRun() throws IOException {
    try (Engine engine = load("tiny", "Q4_0")) {
      Sampler greedy = engine.sampler(SamplingParams.greedy(), new int[0]);
      // What loading asked for last is done when the first step waits.
      step(engine, 0, 2, 1, greedy);
      for (int sequences = 2; sequences <= 4; sequences++) {
        List<List<EmulatedDevice.Launch>> times = new ArrayList<>();
        for (int time = 0; time < 4; time++) {
          List<EmulatedDevice.Launch> launches = device.watchLaunches();
          step(engine, 20 + time, 1, sequences, greedy);
          times.add(List.copyOf(launches));
        }
        assertFalse(times.getFirst().isEmpty());
        // The first as it is, the second written down, the others from what was written.
        for (int time = 1; time < 4; time++) {
          assertEquals(times.getFirst(), times.get(time), sequences + " sequences, time " + time);
        }
      }
      assertTrue(engine.deviceUse().getFirst().graphs() > 0);
    }
  }
}

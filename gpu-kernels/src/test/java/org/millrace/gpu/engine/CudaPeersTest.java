package org.millrace.gpu.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.gpu.CudaProbe;
import org.millrace.gpu.emulation.TestDevice;
import org.millrace.inference.api.Engine;
import org.millrace.inference.api.EngineOptions;
import org.millrace.inference.api.Engines;
import org.millrace.inference.api.ModelFiles;

/**
 * A model over two real devices, where two were named. Emulated ones are {@link
 * CudaPipelineTest}'s.
 */
class CudaPeersTest {
  @TempDir Path folder;

  private static EngineOptions options(String device, int cacheTokens, int percent) {
    return new EngineOptions(EngineOptions.Kernels.AUTO, 2, 512, cacheTokens, 64, 4)
        .with(EngineOptions.KvType.F32)
        .on(device, percent);
  }

  @Test
  void overTwoDevicesAModelGivesTheSameBitsAsOnOne() throws IOException {
    assumeTrue(
        TestDevice.isReal() && TestDevice.numbers().size() > 1,
        "skipped: no two devices are named");
    Path file = folder.resolve("tiny.gguf");
    ModelFiles.synthesize("tiny", "Q4_K_M", 1, file, done -> {});
    String one = "cuda:" + TestDevice.numbers().get(0);
    String two = one + "," + TestDevice.numbers().get(1);
    long percentBytes = CudaProbe.probe().devices().getFirst().memoryBytes() / 100;
    int[] sequence = new SplittableRandom(7).ints(90, 0, 300).toArray();
    int[] prompt = Arrays.copyOf(sequence, 60);
    int tokens;
    try (Engine engine = Engines.load(file, options(one, 2048, 90))) {
      // A cache that one hundredth of a device is too small for, and two are not.
      tokens = Math.toIntExact(percentBytes * 3 / 2 / engine.model().kvBytesPerToken());
    }
    float[] whole;
    int[] greedy;
    try (Engine engine = Engines.load(file, options(one, tokens, 90))) {
      whole = EngineRun.logits(engine, sequence, 64);
      greedy = EngineRun.greedy(engine, prompt, 32);
    }
    try (Engine engine = Engines.load(file, options(two, tokens, 1))) {
      assertEquals(2, engine.deviceUse().size());
      assertArrayEquals(whole, EngineRun.logits(engine, sequence, 64));
      assertArrayEquals(greedy, EngineRun.greedy(engine, prompt, 32));
    }
  }
}

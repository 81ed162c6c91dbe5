package org.millrace.inference.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.inference.api.BlockTable;
import org.millrace.inference.api.Engine;
import org.millrace.inference.api.EngineOptions;
import org.millrace.inference.api.EngineOptions.Kernels;
import org.millrace.inference.api.Engines;
import org.millrace.inference.api.ModelLoadException;
import org.millrace.inference.api.StepPlan;
import org.millrace.inference.api.StepPlan.Slice;
import org.millrace.inference.gguf.GgufFile;

/** Architectures and position scalings without conformance data, against plain float64 loops. */
class PlainForwardTest {
  private static final int PAIRS = 8;

  @TempDir Path folder;

  private static double[] frequencies(double base) {
    double[] frequencies = new double[PAIRS];
    for (int i = 0; i < PAIRS; i++) {
      frequencies[i] = Math.pow(base, -i / (double) PAIRS);
    }
    return frequencies;
  }

  private void compare(
      TinyModel model, int contextTokens, double[] frequencies, double magnitude, int window) {
    Path path = model.write(folder.resolve("tiny.gguf"));
    int[] tokens = new SplittableRandom(11).ints(90, 0, TinyModel.VOCABULARY).toArray();
    var options = new EngineOptions(Kernels.SCALAR, 1, contextTokens, 256, 128, 1);
    try (GgufFile file = GgufFile.open(path);
        Engine engine = Engines.load(path, options)) {
      double[] expected = new PlainForward(file, frequencies, magnitude, window).logits(tokens);
      var table = new BlockTable();
      assertTrue(engine.blocks().reserve(table, tokens.length));
      var captured = new CapturedLogits();
      engine.run(new StepPlan(List.of(new Slice(tokens, 0, tokens.length, table, captured))));
      double squares = 0;
      double errors = 0;
      for (int i = 0; i < expected.length; i++) {
        squares += expected[i] * expected[i];
        errors += Math.pow(expected[i] - captured.last()[i], 2);
      }
      assertTrue(
          Math.sqrt(errors / squares) < 1e-5, "relative error " + Math.sqrt(errors / squares));
    }
  }

  @Test
  void aPlainModelAgreesSoTheReferenceIsOne() {
    compare(new TinyModel("qwen2"), 0, frequencies(10_000), 1, 0);
  }

  @Test
  void qwen2moeTakesExpertsAsLikelyAsTheyAreAndTheSharedOneBehindItsGate() {
    compare(new TinyModel("qwen2moe").experts().sharedExpert(), 0, frequencies(10_000), 1, 0);
  }

  @Test
  void gemmaScalesItsEmbeddingAndHasNoNormsBehind() {
    compare(new TinyModel("gemma"), 0, frequencies(10_000), 1, 0);
  }

  @Test
  void phi3HasFusedProjectionsAndItsWindowInEveryLayer() {
    compare(new TinyModel("phi3").fused(), 0, frequencies(10_000), 1, 40);
  }

  @Test
  void phi3TurnsByLongFactorsOnlyWhereLongSequencesMayRun() {
    TinyModel model =
        new TinyModel("phi3")
            .fused()
            .with("rope_factors_long.weight", 8L)
            .with("rope_factors_short.weight", 8L)
            .says("rope.scaling.original_context_length", 128)
            .says("rope.scaling.attn_factor", 1.19f);
    model.vector("rope_factors_long.weight", 4f).vector("rope_factors_short.weight", 1.5f);
    double[] both = frequencies(10_000);
    double[] longer = both.clone();
    double[] shorter = both.clone();
    for (int i = 0; i < PAIRS; i++) {
      longer[i] = both[i] / 4;
      shorter[i] = both[i] / 1.5;
    }
    compare(model, 0, longer, 1.19f, 40);
    compare(model, 128, shorter, 1.19f, 40);
  }

  @Test
  void yarnStretchesWhatTurnsSlowlyAndLeavesWhatTurnsFast() {
    TinyModel model =
        new TinyModel("qwen2")
            .says("rope.scaling.type", "yarn")
            .says("rope.scaling.factor", 4f)
            .says("rope.scaling.original_context_length", 4096)
            .says("rope.freq_base", 10_000f);
    double[] frequencies = frequencies(10_000);
    // By hand: of 16 dimensions, pair i turns 4096 / (2 pi 10^(i/2)) times. It turns 32 times at
    // i = 2.618 and once at i = 5.628; rounded outwards the ramp runs from pair 2 to pair 6.
    double[] stretched = {0, 0, 0, 0.25, 0.5, 0.75, 1, 1};
    for (int i = 0; i < PAIRS; i++) {
      frequencies[i] = frequencies[i] * (1 - stretched[i]) + frequencies[i] / 4 * stretched[i];
    }
    compare(model, 0, frequencies, 0.1 * Math.log(4) + 1, 0);
  }

  @Test
  void linearScalingDividesEveryAngle() {
    TinyModel model =
        new TinyModel("qwen2").says("rope.scaling.type", "linear").says("rope.scaling.factor", 2f);
    double[] frequencies = frequencies(10_000);
    for (int i = 0; i < PAIRS; i++) {
      frequencies[i] /= 2;
    }
    compare(model, 0, frequencies, 1, 0);
  }

  @Test
  void aScalingThatIsNotKnownIsRefusedByName() {
    Path path =
        new TinyModel("qwen2")
            .says("rope.scaling.type", "dynamic")
            .write(folder.resolve("tiny.gguf"));
    var options = new EngineOptions(Kernels.SCALAR, 1, 0, 256, 128, 1);
    var fault = assertThrows(ModelLoadException.class, () -> Engines.load(path, options).close());
    assertTrue(String.valueOf(fault.getMessage()).contains("position scaling dynamic"));
  }

  @Test
  void theTinyModelsVectorsAreWhatTheTestSays() {
    Path path =
        new TinyModel("qwen2").vector("output_norm.weight", 3f).write(folder.resolve("tiny.gguf"));
    try (GgufFile file = GgufFile.open(path)) {
      var layout = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
      assertEquals(3f, file.tensor("output_norm.weight").orElseThrow().data().get(layout, 0));
    }
  }
}

package org.millrace.inference.synthetic;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.millrace.inference.api.BlockTable;
import org.millrace.inference.api.Engine;
import org.millrace.inference.api.EngineOptions;
import org.millrace.inference.api.Engines;
import org.millrace.inference.api.ModelFiles;
import org.millrace.inference.api.SampledToken;
import org.millrace.inference.api.Sampler;
import org.millrace.inference.api.StepPlan;
import org.millrace.inference.api.Tokenizer;
import org.millrace.inference.gguf.GgufFile;

class SyntheticModelTest {
  @TempDir private Path folder;

  private Path write(String shape, String quantization, long seed) throws IOException {
    Path file = folder.resolve(shape + quantization + seed + ".gguf");
    ModelFiles.synthesize(shape, quantization, seed, file, done -> {});
    return file;
  }

  @ParameterizedTest
  @CsvSource({"tiny,Q4_0", "tiny,Q4_K_M", "tiny,Q8_0", "tiny,F16", "tiny-moe,Q4_0"})
  void aRandomModelLoadsAndItsLogitsAreOrdinaryNumbers(String shape, String quantization)
      throws IOException {
    var options = new EngineOptions(EngineOptions.Kernels.SCALAR, 1, 0, 64, 32, 1);
    var kept = new float[1][];
    Sampler keeper =
        logits -> {
          kept[0] = logits.clone();
          return new SampledToken(0, 0, List.of());
        };
    try (Engine engine = Engines.load(write(shape, quantization, 1), options)) {
      var blocks = new BlockTable();
      assertTrue(engine.blocks().reserve(blocks, 3));
      int[] tokens = {1, 2, 3};
      engine.run(new StepPlan(List.of(new StepPlan.Slice(tokens, 0, 3, blocks, keeper))));
    }
    double sum = 0;
    for (float logit : kept[0]) {
      assertTrue(Float.isFinite(logit));
      sum += logit * logit;
    }
    double deviation = Math.sqrt(sum / kept[0].length);
    assertTrue(deviation > 0.01 && deviation < 100, "standard deviation " + deviation);
  }

  @Test
  void theSameSeedGivesTheSameFile() throws IOException {
    byte[] first = Files.readAllBytes(write("tiny", "Q4_K_M", 5));
    assertArrayEquals(first, Files.readAllBytes(write("tiny", "Q4_K_M", 5)));
    assertFalse(Arrays.equals(first, Files.readAllBytes(write("tiny", "Q4_K_M", 6))));
  }

  @Test
  void aFullSizedVocabularyIsOneThatTheTokenizerAccepts() throws IOException {
    var writer = new org.millrace.inference.gguf.GgufWriter();
    writer.put("general.architecture", "llama");
    SyntheticVocabulary.of(Shape.named("llama-3.1-8b")).writeTo(writer);
    Path file = folder.resolve("vocabulary.gguf");
    writer.writeTo(file);
    Tokenizer tokenizer = ModelFiles.tokenizer(file);
    assertEquals(128_256, tokenizer.vocabularySize());
    assertEquals(128_000, tokenizer.bos().orElseThrow());
    assertEquals(128_009, tokenizer.eos().orElseThrow());
    String text = "hello, Wörld! 123\n";
    int[] tokens = tokenizer.encode(text, false, false);
    assertEquals(text, tokenizer.decode(tokens, false));
    assertTrue(tokens.length < text.length(), "merges are used");
  }

  @Test
  void theMixGivesMoreBitsWhereLlamaQuantizeDoes() throws IOException {
    try (GgufFile file = GgufFile.open(write("tiny", "Q4_K_M", 1))) {
      assertEquals("Q6_K", file.tensor("output.weight").orElseThrow().type().name());
      assertEquals("Q4_K", file.tensor("blk.0.ffn_up.weight").orElseThrow().type().name());
      assertEquals("F32", file.tensor("blk.0.attn_norm.weight").orElseThrow().type().name());
    }
  }

  @Test
  void unknownNamesAreRefusedWithTheKnownOnes() {
    var failure = assertThrows(IllegalArgumentException.class, () -> write("gpt-9", "Q4_0", 1));
    assertTrue(String.valueOf(failure.getMessage()).contains("llama-3.2-1b"));
    assertThrows(IllegalArgumentException.class, () -> write("tiny", "Q9_9", 1));
  }
}

package org.millrace.inference.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.inference.api.ModelLoadException;
import org.millrace.inference.gguf.GgufFile;

/** What is read of a file's keys, and what holds where it leaves them out. */
class ModelShapeTest {
  @TempDir Path folder;

  private ModelShape shape(String architecture, TinyModel model) {
    Path path = model.write(folder.resolve("tiny.gguf"));
    try (GgufFile file = GgufFile.open(path)) {
      return ModelShape.of(file, Architecture.named(architecture, path.toString()));
    }
  }

  private static TinyModel gemma2() {
    return new TinyModel("gemma2").postNorms(false);
  }

  private static TinyModel gemma3() {
    return new TinyModel("gemma3").postNorms(true);
  }

  @Test
  void gemma2HasItsCapsAndItsWindowWhereTheFileIsSilent() {
    ModelShape shape = shape("gemma2", gemma2().silentOf("attention.sliding_window"));
    assertEquals(50, shape.scoreSoftCap());
    assertEquals(30, shape.logitSoftCap());
    assertEquals(4096, shape.windows().tokens());
    assertEquals(List.of(true, false), shape.windows().layers());
  }

  @Test
  void capsOfTheFileHoldBeforeTheUsualOnes() {
    TinyModel model =
        gemma2().says("attn_logit_softcapping", 5f).says("final_logit_softcapping", 0f);
    ModelShape shape = shape("gemma2", model);
    assertEquals(5, shape.scoreSoftCap());
    assertEquals(0, shape.logitSoftCap());
  }

  @Test
  void aFileSaysHowOftenALayerSeesEverything() {
    String key = "attention.sliding_window_pattern";
    assertEquals(List.of(true, true), shape("gemma3", gemma3()).windows().layers());
    assertEquals(List.of(true, false), shape("gemma3", gemma3().says(key, 2)).windows().layers());
    assertEquals(List.of(false, false), shape("gemma3", gemma3().says(key, 1)).windows().layers());
    assertEquals(List.of(true, true), shape("gemma2", gemma2().says(key, 0)).windows().layers());
  }

  @Test
  void aFileSaysLayerByLayerWhichHaveAWindow() {
    String key = "attention.sliding_window_pattern";
    TinyModel listed = gemma3().says(key, List.of(0, 1));
    assertEquals(List.of(false, true), shape("gemma3", listed).windows().layers());
    TinyModel shortList = gemma3().says(key, List.of(0));
    var fault = assertThrows(ModelLoadException.class, () -> shape("gemma3", shortList));
    assertTrue(String.valueOf(fault.getMessage()).endsWith(key + " lists 1 layers of 2"));
  }

  @Test
  void windowedLayersOfGemma3TurnByABaseOfTheirOwnAndUnstretched() {
    TinyModel model =
        gemma3()
            .says("rope.freq_base", 1_000_000f)
            .says("rope.scaling.type", "linear")
            .says("rope.scaling.factor", 8f);
    LayerWindows usual = shape("gemma3", model).windows();
    assertEquals(10_000, usual.frequencyBase());
    assertEquals(false, usual.stretched());
    LayerWindows said = shape("gemma3", model.says("rope.freq_base_swa", 50_000f)).windows();
    assertEquals(50_000, said.frequencyBase());
  }

  @Test
  void windowedLayersOfGemma2TurnAsTheOthersUnlessTheFileSaysAnother() {
    TinyModel model = gemma2().says("rope.freq_base", 20_000f);
    assertEquals(20_000, shape("gemma2", model).windows().frequencyBase());
    assertEquals(true, shape("gemma2", model).windows().stretched());
    model.says("rope.freq_base_swa", 500f);
    assertEquals(500, shape("gemma2", model).windows().frequencyBase());
  }

  @Test
  void withoutAWindowNoLayerHasOne() {
    ModelShape shape = shape("gemma3", gemma3().silentOf("attention.sliding_window"));
    assertEquals(List.of(false, false), shape.windows().layers());
  }

  @Test
  void theAttentionFactorScalesCosinesAndSinesWhateverTheScaling() {
    for (String type : List.of("none", "linear", "longrope", "llama3")) {
      TinyModel model =
          new TinyModel("qwen2")
              .says("rope.scaling.type", type)
              .says("rope.scaling.factor", 4f)
              .says("rope.scaling.attn_factor", 1.25f);
      assertEquals(1.25, shape("qwen2", model).scaling().magnitude(), type);
    }
  }

  @Test
  void theNormsEpsilonIsNeverGuessed() {
    String key = "attention.layer_norm_rms_epsilon";
    TinyModel model = new TinyModel("qwen2").silentOf(key);
    var fault = assertThrows(ModelLoadException.class, () -> shape("qwen2", model));
    assertTrue(String.valueOf(fault.getMessage()).endsWith("qwen2." + key + " is missing"));
  }

  @Test
  void aFaultQuotesOnlySoMuchOfAFile() {
    TinyModel model = new TinyModel("qwen2").says("rope.scaling.type", "x".repeat(100_000));
    var fault = assertThrows(ModelLoadException.class, () -> shape("qwen2", model));
    String message = String.valueOf(fault.getMessage());
    assertTrue(message.length() < 3000 && message.contains("position scaling xxx"), message);
    assertTrue(message.endsWith("longrope and yarn are"), message);
  }
}

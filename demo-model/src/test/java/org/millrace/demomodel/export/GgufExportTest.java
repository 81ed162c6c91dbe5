package org.millrace.demomodel.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.demomodel.bpe.BpeTrainer;
import org.millrace.demomodel.bpe.Vocabulary;
import org.millrace.demomodel.train.Checkpoint;
import org.millrace.demomodel.train.LlamaWeights;
import org.millrace.demomodel.train.ModelShape;
import org.millrace.inference.gguf.GgmlType;
import org.millrace.inference.gguf.GgufFile;

class GgufExportTest {
  @TempDir Path folder;

  @Test
  void theFileSaysWhatTheModelIs() throws IOException {
    Vocabulary vocabulary = new BpeTrainer().train(300);
    ModelShape shape = ModelShape.demo(vocabulary.size());
    Path file = folder.resolve("model.gguf");
    try (NDManager manager = NDManager.newBaseManager()) {
      var weights = LlamaWeights.random(shape, manager, new SplittableRandom(1));
      GgufExport.write(file, shape, vocabulary, weights);
    }
    try (GgufFile gguf = GgufFile.open(file)) {
      assertEquals("llama", gguf.string("general.architecture"));
      assertEquals(1024, gguf.integer("llama.context_length"));
      assertEquals(vocabulary.spellings(), gguf.strings("tokenizer.ggml.tokens"));
      assertEquals(
          vocabulary.special(Vocabulary.END_OF_TURN), gguf.integer("tokenizer.ggml.eos_token_id"));
      assertEquals(3 + 9 * shape.layers(), gguf.tensors().size());
      assertEquals(GgmlType.Q8_0, gguf.tensor("blk.0.ffn_down.weight").orElseThrow().type());
      assertEquals(GgmlType.F32, gguf.tensor("output_norm.weight").orElseThrow().type());
    }
  }

  @Test
  void aCheckpointBringsBackTheSameWeights() throws IOException {
    Vocabulary vocabulary = new BpeTrainer().train(280);
    Path file = folder.resolve("weights.checkpoint");
    try (NDManager manager = NDManager.newBaseManager()) {
      var shape = ModelShape.demo(vocabulary.size());
      var weights = LlamaWeights.random(shape, manager, new SplittableRandom(9));
      Checkpoint.save(file, new Checkpoint.Model(vocabulary, shape, weights));
      Checkpoint.Model loaded = Checkpoint.load(file, manager);
      assertEquals(vocabulary.spellings(), loaded.vocabulary().spellings());
      for (int i = 0; i < weights.inOrder().size(); i++) {
        assertEquals(weights.inOrder().get(i), loaded.weights().inOrder().get(i));
      }
    }
  }

  @Test
  void quantizedValuesAreWithinHalfAStepOfTheOriginal() {
    var random = new SplittableRandom(3);
    var values = new float[Q8Blocks.ELEMENTS * 4];
    for (int i = Q8Blocks.ELEMENTS; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    var blocks = ByteBuffer.wrap(Q8Blocks.of(values)).order(ByteOrder.LITTLE_ENDIAN);
    assertEquals(4 * Q8Blocks.BYTES, blocks.capacity());
    for (int i = 0; i < values.length; i++) {
      int block = i / Q8Blocks.ELEMENTS * Q8Blocks.BYTES;
      float scale = Float.float16ToFloat(blocks.getShort(block));
      float restored = scale * blocks.get(block + Short.BYTES + i % Q8Blocks.ELEMENTS);
      // Half a step, and what the half-precision scale itself may be off.
      assertEquals(values[i], restored, 0.5f * scale + 127 * scale / 2048);
    }
    assertThrows(IllegalArgumentException.class, () -> Q8Blocks.of(new float[33]));
    assertTrue(blocks.getShort(0) == 0, "a block of zeros has a scale of zero");
  }
}

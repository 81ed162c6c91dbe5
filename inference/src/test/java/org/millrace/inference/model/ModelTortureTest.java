package org.millrace.inference.model;

import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.inference.api.EngineOptions;
import org.millrace.inference.api.EngineOptions.Kernels;
import org.millrace.inference.api.Engines;
import org.millrace.inference.api.ModelLoadException;

/** Models of which something is wrong: each is loaded, or refused with its file named. */
class ModelTortureTest {
  private static final EngineOptions OPTIONS = new EngineOptions(Kernels.SCALAR, 1, 0, 64, 8, 1);
  private static final long[] EXTREMES = {0, 1, 3, 63, -1, 1 << 16, Integer.MAX_VALUE, 0x7fc00000L};

  @TempDir Path folder;

  private Path path() {
    return folder.resolve("tiny.gguf");
  }

  private byte[] bytes(TinyModel model) throws IOException {
    return Files.readAllBytes(model.write(path()));
  }

  /** Returns whether it could be loaded. */
  private boolean survives(byte[] file, String what) throws IOException {
    // Anew each time: whoever maps a file may not be there when it is written over.
    Files.delete(path());
    Files.write(path(), file);
    return assertTimeoutPreemptively(
        Duration.ofSeconds(60),
        () -> {
          try {
            Engines.load(path(), OPTIONS).close();
            return true;
          } catch (ModelLoadException refused) {
            String message = String.valueOf(refused.getMessage());
            assertTrue(message.contains("tiny.gguf"), what + ": " + message);
            return false;
          }
        },
        what);
  }

  private static int valueOf(byte[] file, String key) {
    byte[] wanted = key.getBytes(StandardCharsets.UTF_8);
    for (int at = 0; at + wanted.length < file.length; at++) {
      if (Arrays.equals(file, at, at + wanted.length, wanted, 0, wanted.length)) {
        return at + wanted.length + Integer.BYTES;
      }
    }
    throw new AssertionError("no " + key);
  }

  @Test
  void extremeSizesAreRefusedAndTakeNoMemory() throws IOException {
    for (String architecture : List.of("gemma3", "qwen2moe")) {
      var model = new TinyModel(architecture);
      if (architecture.equals("qwen2moe")) {
        model.experts().sharedExpert();
      }
      model.says("attention.key_length", 16).says("rope.dimension_count", 16);
      model.says("rope.freq_base", 10_000f).says("final_logit_softcapping", 30f);
      byte[] whole = bytes(model);
      for (String key :
          List.of(
              "block_count",
              "embedding_length",
              "context_length",
              "attention.head_count",
              "attention.head_count_kv",
              "attention.key_length",
              "rope.dimension_count",
              "attention.sliding_window",
              "attention.layer_norm_rms_epsilon",
              "rope.freq_base",
              "final_logit_softcapping",
              "bos_token_id",
              "eos_token_id")) {
        for (long extreme : EXTREMES) {
          byte[] changed = whole.clone();
          var out = ByteBuffer.wrap(changed).order(ByteOrder.LITTLE_ENDIAN);
          out.putInt(valueOf(whole, key), (int) extreme);
          survives(changed, architecture + " " + key + " " + extreme);
        }
      }
    }
  }

  @Test
  void sizesThatAreExtremeTogetherAreRefusedToo() throws IOException {
    byte[] whole = bytes(new TinyModel("llama").says("attention.key_length", 16));
    var out = ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN);
    out.putInt(valueOf(whole, "block_count"), Integer.MAX_VALUE);
    out.putInt(valueOf(whole, "attention.head_count"), 1 << 16);
    out.putInt(valueOf(whole, "attention.head_count_kv"), 1 << 16);
    out.putInt(valueOf(whole, "attention.key_length"), 1 << 14);
    out.putInt(valueOf(whole, "context_length"), Integer.MAX_VALUE);
    assertTrue(!survives(whole, "all of them"));
  }

  @Test
  void everyByteBeforeTheWeightsMayBeWrong() throws IOException {
    byte[] whole = bytes(new TinyModel("qwen2moe").experts().sharedExpert());
    // Tensors come in the order of their names, the first of them being attention's.
    int header = valueOf(whole, "token_embd.weight") + 64;
    var random = new SplittableRandom(77);
    int loaded = 0;
    for (int round = 0; round < 300; round++) {
      byte[] changed = whole.clone();
      for (int i = random.nextInt(1, 4); i > 0; i--) {
        int extreme = random.nextInt(4);
        byte value = extreme == 0 ? (byte) 0xff : extreme == 1 ? 0 : (byte) random.nextInt(256);
        changed[random.nextInt(24, header)] = value;
      }
      loaded += survives(changed, "round " + round) ? 1 : 0;
    }
    assertTrue(loaded > 10 && loaded < 290, "loaded " + loaded);
  }

  @Test
  void aFileCutShortAnywhereIsRefused() throws IOException {
    byte[] whole = bytes(new TinyModel("gemma2"));
    for (int length = 0; length < whole.length; length += 1 + length / 12) {
      assertTrue(!survives(Arrays.copyOf(whole, length), "cut at " + length));
    }
  }
}

package org.millrace.inference.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.millrace.inference.api.BlockTable;
import org.millrace.inference.api.Engine;
import org.millrace.inference.api.EngineOptions;
import org.millrace.inference.api.EngineOptions.Kernels;
import org.millrace.inference.api.Engines;
import org.millrace.inference.api.StepPlan;
import org.millrace.inference.api.StepPlan.Slice;
import org.millrace.inference.gguf.GgmlType;

/** The prefix cache under a real model: what is taken over gives the bits that computing gives. */
class PrefixReuseTest {
  private static final UUID OWNER = new UUID(3, 3);

  @TempDir Path folder;

  private Engine load(TinyModel model, Kernels kernels, int cacheTokens) {
    var options = new EngineOptions(kernels, 2, 0, cacheTokens, 128, 8);
    return Engines.load(model.write(folder.resolve("tiny.gguf")), options);
  }

  private static int[] tokens(long seed, int count) {
    return new SplittableRandom(seed).ints(count, 0, TinyModel.VOCABULARY).toArray();
  }

  private record Outcome(float[] logits, int adopted) {}

  private static Outcome serve(Engine engine, UUID owner, int[] sequence) {
    var table = new BlockTable();
    int adopted = engine.blocks().adopt(table, owner, sequence, sequence.length);
    int from = Math.min(adopted, sequence.length - 1);
    assertTrue(engine.blocks().reserve(table, from, sequence.length));
    var captured = new CapturedLogits();
    int computed = from;
    while (computed < sequence.length) {
      int count = Math.min(50, sequence.length - computed);
      boolean last = computed + count == sequence.length;
      var slice = new Slice(sequence, computed, count, table, last ? captured : null);
      engine.run(new StepPlan(List.of(slice)));
      computed += count;
      engine.blocks().publish(table, owner, sequence, computed);
    }
    engine.blocks().release(table);
    return new Outcome(captured.last(), adopted);
  }

  @ParameterizedTest
  @EnumSource(names = {"AUTO", "SCALAR", "VECTOR"})
  void aHitGivesTheSameBitsAsComputingDoes(Kernels kernels) {
    for (TinyModel model :
        List.of(
            new TinyModel("llama"),
            new TinyModel("qwen2").type(GgmlType.Q8_0),
            new TinyModel("llama").type(GgmlType.Q4_0))) {
      try (Engine engine = load(model, kernels, 2048)) {
        // 96 is whole blocks: the last one is copied, because its last token is computed again.
        for (int length : new int[] {96, 100, 127}) {
          int[] sequence = tokens(length, length);
          Outcome cold = serve(engine, OWNER, sequence);
          Outcome warm = serve(engine, OWNER, sequence);
          Outcome again = serve(engine, OWNER, sequence);
          assertEquals(0, cold.adopted);
          assertEquals(96, warm.adopted);
          assertArrayEquals(cold.logits, warm.logits, "length " + length);
          assertArrayEquals(cold.logits, again.logits, "length " + length);
        }
      }
    }
  }

  @Test
  void aHalfPrecisionCacheIsReusedBitForBitToo() {
    try (Engine engine = load(new TinyModel("llama"), Kernels.VECTOR, 3_000_000)) {
      assertEquals(256, engine.model().kvBytesPerToken());
      int[] sequence = tokens(7, 96);
      assertArrayEquals(
          serve(engine, OWNER, sequence).logits, serve(engine, OWNER, sequence).logits);
    }
  }

  @Test
  void anotherOwnerComputesItsOwn() {
    try (Engine engine = load(new TinyModel("llama"), Kernels.VECTOR, 2048)) {
      int[] sequence = tokens(8, 70);
      float[] first = serve(engine, OWNER, sequence).logits;
      Outcome other = serve(engine, new UUID(3, 4), sequence);
      assertEquals(0, other.adopted);
      assertArrayEquals(first, other.logits);
    }
  }

  @Test
  void aPlanThatWouldWriteToASharedBlockIsRefused() {
    try (Engine engine = load(new TinyModel("llama"), Kernels.VECTOR, 2048)) {
      int[] sequence = tokens(9, 64);
      serve(engine, OWNER, sequence);
      var table = new BlockTable();
      assertEquals(64, engine.blocks().adopt(table, OWNER, sequence, 64));
      var plan = new StepPlan(List.of(new Slice(sequence, 63, 1, table, null)));
      var refusal = assertThrows(IllegalArgumentException.class, () -> engine.run(plan));
      assertTrue(String.valueOf(refusal.getMessage()).contains("others may read"));
      engine.blocks().release(table);
    }
  }
}

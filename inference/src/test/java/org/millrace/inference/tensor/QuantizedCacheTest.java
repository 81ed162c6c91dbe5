package org.millrace.inference.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.Arena;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.millrace.inference.cache.KvLayout;

class QuantizedCacheTest {
  private final Arena arena = Arena.ofShared();
  private final Randoms randoms = new Randoms(11, arena);

  @AfterEach
  void free() {
    arena.close();
  }

  /** A block of random tokens; their keys and values follow each other in {@code tokens}. */
  private long filled(KvLayout layout, long tokens) {
    long block = arena.allocate(layout.blockBytes(), 64).address();
    for (int slot = 0; slot < KvLayout.BLOCK_TOKENS; slot++) {
      long key = tokens + 8L * slot * layout.headDim();
      KvWriter.write(layout, key, key + 4L * layout.headDim(), block, slot);
    }
    return block;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 31, 32, 64, 80, 128})
  void whatWasStoredComesBackToWithinHalfAStep(int headDim) {
    var layout = new KvLayout(1, 1, headDim, Byte.BYTES);
    long tokens = randoms.floats(2L * KvLayout.BLOCK_TOKENS * headDim, 3);
    long block = filled(layout, tokens);
    long keys = randoms.empty((long) KvLayout.BLOCK_TOKENS * headDim);
    long values = randoms.empty((long) KvLayout.BLOCK_TOKENS * headDim);
    for (Kernels kernels : new Kernels[] {new ScalarKernels(), new VectorKernels()}) {
      kernels.decodeCache(layout, block, keys, values);
      for (int slot = 0; slot < KvLayout.BLOCK_TOKENS; slot++) {
        long key = tokens + 8L * slot * headDim;
        long value = key + 4L * headDim;
        for (int d = 0; d < headDim; d++) {
          long across = keys + 4L * (d * KvLayout.BLOCK_TOKENS + slot);
          assertNear(key, d, headDim, Memory.getFloat(across));
          long along = values + 4L * (slot * headDim + d);
          assertNear(value, d, headDim, Memory.getFloat(along));
        }
      }
    }
  }

  private static void assertNear(long row, int d, int headDim, float found) {
    int first = d / KvLayout.GROUP * KvLayout.GROUP;
    float largest = 0;
    for (int i = first; i < Math.min(headDim, first + KvLayout.GROUP); i++) {
      largest = Math.max(largest, Math.abs(Memory.getFloat(row + 4L * i)));
    }
    // Half a step, and what the scale itself lost as a float16.
    assertEquals(Memory.getFloat(row + 4L * d), found, largest / 127 * 0.57, "element " + d);
  }

  @ParameterizedTest
  @ValueSource(ints = {32, 64, 80, 128})
  void bothKernelsDecodeToTheSameBits(int headDim) {
    var layout = new KvLayout(1, 1, headDim, Byte.BYTES);
    int count = KvLayout.BLOCK_TOKENS * headDim;
    long block = filled(layout, randoms.floats(2L * count));
    long expected = randoms.empty(2L * count);
    long actual = randoms.empty(2L * count);
    new ScalarKernels().decodeCache(layout, block, expected, expected + 4L * count);
    new VectorKernels().decodeCache(layout, block, actual, actual + 4L * count);
    for (int i = 0; i < 2 * count; i++) {
      assertEquals(Memory.getInt(expected + 4L * i), Memory.getInt(actual + 4L * i), "at " + i);
    }
  }

  @Test
  void zerosComeBackAsZeros() {
    var layout = new KvLayout(1, 1, 64, Byte.BYTES);
    long block = filled(layout, randoms.empty(2L * KvLayout.BLOCK_TOKENS * 64));
    long out = randoms.floats(2L * KvLayout.BLOCK_TOKENS * 64);
    new VectorKernels().decodeCache(layout, block, out, out + 4L * KvLayout.BLOCK_TOKENS * 64);
    for (int i = 0; i < 2 * KvLayout.BLOCK_TOKENS * 64; i++) {
      assertEquals(0f, Memory.getFloat(out + 4L * i));
    }
  }

  @Test
  void aQuantumTakesHalfOfAFloat16AndAScaleForThirtyTwo() {
    assertEquals(2 * (64 + 2 * 2), new KvLayout(1, 1, 64, Byte.BYTES).bytesPerToken());
    assertEquals(2 * 128, new KvLayout(1, 1, 64, Short.BYTES).bytesPerToken());
  }
}

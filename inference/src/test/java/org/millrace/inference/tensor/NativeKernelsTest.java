package org.millrace.inference.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.millrace.inference.api.BlockTable;
import org.millrace.inference.cache.KvLayout;
import org.millrace.inference.cache.KvPool;
import org.millrace.inference.gguf.GgmlType;
import org.millrace.inference.threads.Team;

/** The C kernels, this machine's best and the more modest, beside the scalar ones. */
class NativeKernelsTest {
  private final Arena arena = Arena.ofShared();
  private final Kernels scalar = new ScalarKernels();
  private final List<NativeKernels> variants = new ArrayList<>();

  @BeforeEach
  void findLibrary() {
    assumeTrue(
        NativeLibrary.instance().symbols() != null,
        "skipped: " + NativeLibrary.instance().reason());
    variants.add(NativeKernels.of(false, scalar));
    variants.add(NativeKernels.of(true, scalar));
  }

  @AfterEach
  void free() {
    arena.close();
  }

  private Randoms randoms(long seed) {
    return new Randoms(seed, arena);
  }

  private MatmulPart part(Randoms randoms, GgmlType type, int rows, int columns, int tokens) {
    var part = new MatmulPart();
    part.set(
        new Matrix(type, rows, columns, randoms.blocks(type, (long) rows * columns)),
        randoms.floats((long) columns * tokens),
        tokens,
        randoms.empty((long) rows * tokens));
    return part;
  }

  private void run(Kernels kernels, MatmulPart part, int from, int to) {
    long bytes = kernels.preparedBytes(part.type, part.columns);
    if (bytes > 0) {
      part.prepared = arena.allocate(bytes * part.tokens, 64).address();
      kernels.prepare(part.in, part.columns, part.tokens, part.prepared);
    }
    long scratch = arena.allocate(Kernels.MATMUL_SCRATCH_BYTES, 64).address();
    kernels.matmul(part, from, to, scratch);
  }

  private static void assertSameBits(long expected, long actual, long count) {
    for (long i = 0; i < count; i++) {
      assertEquals(
          Integer.toHexString(Memory.getInt(expected + 4 * i)),
          Integer.toHexString(Memory.getInt(actual + 4 * i)),
          "element " + i);
    }
  }

  private static void assertClose(long expected, long actual, long count, double tolerance) {
    for (long i = 0; i < count; i++) {
      float wanted = Memory.getFloat(expected + 4 * i);
      float found = Memory.getFloat(actual + 4 * i);
      assertEquals(wanted, found, tolerance * (1 + Math.abs(wanted)), "element " + i);
    }
  }

  @ParameterizedTest
  @EnumSource(GgmlType.class)
  void productsAreThoseOfTheScalarTwinForEveryTypeAndShape(GgmlType type) {
    var randoms = randoms(300 + type.id());
    for (NativeKernels kernels : variants) {
      for (int round = 0; round < 10; round++) {
        int blocks = randoms.between(1, type.blockSize() == 256 ? 5 : 40);
        int columns = type.blockSize() == 1 ? randoms.between(1, 700) : blocks * type.blockSize();
        checkProduct(
            kernels,
            part(randoms, type, randoms.between(1, 70), columns, randoms.between(1, 9)),
            randoms);
      }
    }
  }

  private void checkProduct(Kernels kernels, MatmulPart part, Randoms randoms) {
    part.bias = randoms.between(0, 1) == 0 ? 0 : randoms.floats(part.weightRows);
    part.accumulate = randoms.between(0, 1) == 0;
    long count = (long) part.weightRows * part.tokens;
    part.out = randoms.floats(count);
    long before = randoms.copy(part.out, count);
    run(kernels, part, 0, part.weightRows);
    long decoded = randoms.empty(part.columns);
    for (int token = 0; token < part.tokens; token++) {
      for (int row = 0; row < part.weightRows; row++) {
        double[] product = QuantizedProduct.of(part, row, token, decoded);
        double wanted = product[0];
        wanted += part.bias == 0 ? 0 : Memory.getFloat(part.bias + 4L * row);
        long at = token * part.outStride + 4L * row;
        wanted += part.accumulate ? Memory.getFloat(before + at) : 0;
        double tolerance = 1e-6 * QuantizedProduct.slack(part.type) * (1 + product[1]);
        assertEquals(
            wanted, Memory.getFloat(part.out + at), tolerance, "row " + row + ", token " + token);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(GgmlType.class)
  void productsAreNearThoseWithoutRounding(GgmlType type) {
    var randoms = randoms(400 + type.id());
    MatmulPart part = part(randoms, type, 48, 1024, 3);
    run(scalar, part, 0, 48);
    long expected = randoms.copy(part.out, 48 * 3);
    for (NativeKernels kernels : variants) {
      run(kernels, part, 0, 48);
      double error = 0;
      double size = 0;
      for (int i = 0; i < 48 * 3; i++) {
        double wanted = Memory.getFloat(expected + 4L * i);
        error += Math.pow(wanted - Memory.getFloat(part.out + 4L * i), 2);
        size += wanted * wanted;
      }
      assertTrue(Math.sqrt(error / size) < 0.02, type + " is off by " + Math.sqrt(error / size));
    }
  }

  @ParameterizedTest
  @EnumSource(GgmlType.class)
  void aProductDoesNotDependOnTheTokensBesideItNorOnTheMachine(GgmlType type) {
    var randoms = randoms(200 + type.id());
    int rows = 73;
    int tokens = 39;
    MatmulPart part = part(randoms, type, rows, type.blockSize() == 1 ? 1100 : 1280, tokens);
    run(variants.getFirst(), part, 0, rows);
    long expected = randoms.copy(part.out, (long) rows * tokens);
    for (NativeKernels kernels : variants) {
      run(kernels, part, 0, rows);
      assertSameBits(expected, part.out, (long) rows * tokens);
      for (int token : new int[] {0, 3, 4, 17, 38}) {
        var alone = new MatmulPart();
        alone.set(
            new Matrix(type, rows, part.columns, part.weights),
            part.inRow(token),
            1,
            randoms.empty(rows));
        run(kernels, alone, 0, 32);
        run(kernels, alone, 32, rows);
        assertSameBits(part.out + token * part.outStride, alone.out, rows);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {32, 64, 1024})
  void activationsAreRoundedAsTheTwinSays(int columns) {
    long in = randoms(columns).floats(columns, 3);
    for (int i = 0; i < 32; i++) {
      Memory.setFloat(in + 4L * i, i * 1e-33f);
    }
    for (NativeKernels kernels : variants) {
      long out = arena.allocate(kernels.preparedBytes(GgmlType.Q4_0, columns), 64).address();
      kernels.prepare(in, columns, 1, out);
      for (int i = 0; i < columns; i++) {
        int block = i / 32 * 32;
        assertEquals(QuantizedProduct.quantum(in, block, i), Memory.getByte(out + i));
        float scale = Memory.getFloat(out + columns + block / 32 * 4L);
        assertEquals(QuantizedProduct.scale(in, block), scale);
      }
    }
  }

  @Test
  void whatIsNoNumberOrInfiniteStaysSo() {
    for (float fault : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
      for (NativeKernels kernels : variants) {
        var randoms = randoms(5);
        for (GgmlType type : new GgmlType[] {GgmlType.Q4_0, GgmlType.Q6_K, GgmlType.F32}) {
          MatmulPart part = part(randoms, type, 20, 256, 2);
          Memory.setFloat(part.in + 4 * 77, fault);
          run(kernels, part, 0, 20);
          for (int row = 0; row < 20; row++) {
            assertTrue(!Float.isFinite(Memory.getFloat(part.out + 4L * row)), type + " " + row);
            assertTrue(Float.isFinite(Memory.getFloat(part.out + part.outStride + 4L * row)));
          }
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 16, 31, 64, 100, 2048})
  void elementwiseKernelsAgree(int count) {
    for (NativeKernels kernels : variants) {
      var randoms = randoms(count);
      long x = randoms.floats(count, 3);
      long y = randoms.floats(count);
      long expected = randoms.empty(count);
      long actual = randoms.empty(count);
      scalar.rmsNorm(x, y, 1e-5f, count, expected);
      kernels.rmsNorm(x, y, 1e-5f, count, actual);
      assertClose(expected, actual, count, 2e-6);
      for (Activation activation : Activation.values()) {
        expected = randoms.copy(x, count);
        actual = randoms.copy(x, count);
        scalar.activate(activation, expected, y, count);
        kernels.activate(activation, actual, y, count);
        assertClose(expected, actual, count, 2e-6);
      }
      scalar.addScaled(expected, y, 0.3f, count);
      kernels.addScaled(actual, y, 0.3f, count);
      scalar.scale(expected, 1.7f, count);
      kernels.scale(actual, 1.7f, count);
      scalar.softCap(expected, 5, count);
      kernels.softCap(actual, 5, count);
      assertClose(expected, actual, count, 1e-5);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 15, 16, 100, 1024, 5000})
  void theMostLikelyIsTheFirstOfTheLargest(int count) {
    for (NativeKernels kernels : variants) {
      var randoms = randoms(count);
      for (int round = 0; round < 20; round++) {
        long x = randoms.floats(count);
        int most = randoms.between(0, count - 1);
        Memory.setFloat(x + 4L * most, 9);
        Memory.setFloat(x + 4L * randoms.between(most, count - 1), 9);
        assertEquals(most, kernels.mostLikely(x, count));
        assertEquals(most, scalar.mostLikely(x, count));
      }
    }
  }

  @Test
  void nothingIsMostLikelyBesideWhatIsNoNumberOrInfinite() {
    for (NativeKernels kernels : variants) {
      for (float fault :
          new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
        for (int at : new int[] {0, 1030, 2005}) {
          long x = randoms(7).floats(2007);
          Memory.setFloat(x + 4L * at, fault);
          assertEquals(-1, kernels.mostLikely(x, 2007));
          assertEquals(-1, scalar.mostLikely(x, 2007));
        }
      }
    }
  }

  @Test
  void activationsStayFiniteAndRightFarFromZero() {
    float[] extremes = {-1e30f, -1000, -100, -90, -80, 80, 90, 100, 1000, 1e15f};
    for (NativeKernels kernels : variants) {
      long expected = randoms(3).empty(extremes.length);
      long ones = randoms(3).empty(extremes.length);
      for (int i = 0; i < extremes.length; i++) {
        Memory.setFloat(expected + 4L * i, extremes[i]);
        Memory.setFloat(ones + 4L * i, 1);
      }
      long actual = randoms(3).copy(expected, extremes.length);
      scalar.activate(Activation.SILU, expected, ones, extremes.length);
      kernels.activate(Activation.SILU, actual, ones, extremes.length);
      assertClose(expected, actual, extremes.length, 1e-6);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 4, 30, 64, 80, 128})
  void rotationsAgreeInBothStyles(int dimensions) {
    var randoms = randoms(dimensions);
    long cos = randoms.floats(dimensions);
    long sin = randoms.floats(dimensions);
    for (NativeKernels kernels : variants) {
      for (Rotation.Style style : Rotation.Style.values()) {
        long expected = randoms.floats(dimensions);
        long actual = randoms.copy(expected, dimensions);
        scalar.rotate(style, expected, cos, sin, dimensions);
        kernels.rotate(style, actual, cos, sin, dimensions);
        assertClose(expected, actual, dimensions, 2e-6);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {8, 20, 32, 64, 80, 96, 128, 256})
  void attentionAgreesWithAndWithoutWindowAndCapForEveryKindOfCache(int headDim) {
    for (int elementBytes : new int[] {4, 2, 1}) {
      for (int heads : new int[] {2, 6, 8}) {
        for (int window : new int[] {0, 21}) {
          var shape = new AttentionShape(heads, 2, headDim, 0.2f, window, window > 0 ? 30 : 0);
          checkAttention(shape, elementBytes);
        }
      }
    }
  }

  private void checkAttention(AttentionShape shape, int elementBytes) {
    var randoms = randoms(shape.headDim());
    int tokens = 77;
    int width = shape.heads() * shape.headDim();
    int keyWidth = shape.kvHeads() * shape.headDim();
    long q = randoms.floats((long) tokens * width);
    long k = randoms.floats((long) tokens * keyWidth);
    long v = randoms.floats((long) tokens * keyWidth);
    long expected = attend(scalar, shape, elementBytes, tokens, tokens, q, k, v);
    for (NativeKernels kernels : variants) {
      long actual = attend(kernels, shape, elementBytes, tokens, tokens, q, k, v);
      assertClose(expected, actual, (long) tokens * width, 2e-5);
      // A row alone widens the cache's elements in another place than several do.
      for (int atOnce : new int[] {13, 1}) {
        long cut = attend(kernels, shape, elementBytes, tokens, atOnce, q, k, v);
        assertSameBits(actual, cut, (long) tokens * width);
      }
    }
  }

  /** All rows' attention, computed so many rows at a time. */
  @SuppressWarnings("checkstyle:parameternumber")
  private long attend(
      Kernels kernels,
      AttentionShape shape,
      int elementBytes,
      int tokens,
      int atOnce,
      long q,
      long k,
      long v) {
    int width = shape.heads() * shape.headDim();
    long out = randoms(1).empty((long) tokens * width);
    var layout = new KvLayout(1, shape.kvHeads(), shape.headDim(), elementBytes);
    try (var pool = new KvPool(layout, 128);
        var team = new Team(2)) {
      var table = new BlockTable();
      assertTrue(pool.reserve(table, tokens));
      for (int token = 0; token < tokens; token++) {
        for (int head = 0; head < shape.kvHeads(); head++) {
          long at = 4L * (token * shape.kvHeads() + head) * shape.headDim();
          long block = pool.address(table.block(token / 32)) + layout.offset(0, head);
          KvWriter.write(layout, k + at, v + at, block, token % 32);
        }
      }
      long[] scratch = new long[2];
      long bytes = Math.max(Kernels.MATMUL_SCRATCH_BYTES, AttentionJob.scratchBytes(pool));
      for (int i = 0; i < scratch.length; i++) {
        scratch[i] = arena.allocate(bytes, 64).address();
      }
      var batch = new Batch(tokens, 1);
      var job = new AttentionJob(kernels, pool, scratch, tokens, batch, shape);
      for (int from = 0; from < tokens; from += atOnce) {
        int count = Math.min(atOnce, tokens - from);
        batch.clear();
        batch.add(new int[tokens], from, count, table);
        long floats = (long) count * width;
        var queries = new Buffer(q + 4L * from * width, floats);
        job.run(team, queries, batch, 0, shape, new Buffer(out + 4L * from * width, floats));
      }
      pool.release(table);
    }
    return out;
  }

  @Test
  void theyPassTheirOwnCheckAndBrokenOnesWouldNot() {
    for (NativeKernels kernels : variants) {
      assertNull(SelfCheck.fault(kernels));
    }
  }
}

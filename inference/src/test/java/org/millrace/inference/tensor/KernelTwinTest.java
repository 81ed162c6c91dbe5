package org.millrace.inference.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.millrace.inference.api.BlockTable;
import org.millrace.inference.cache.KvLayout;
import org.millrace.inference.gguf.GgmlType;

/** Scalar and vector kernels on the same inputs. */
class KernelTwinTest {
  private final Arena arena = Arena.ofShared();
  private final Kernels scalar = new ScalarKernels();
  private final Kernels vector = new VectorKernels();

  @AfterEach
  void free() {
    arena.close();
  }

  private Randoms randoms(long seed) {
    return new Randoms(seed, arena);
  }

  private static void assertClose(long expected, long actual, long count, double tolerance) {
    for (long i = 0; i < count; i++) {
      float wanted = Memory.getFloat(expected + 4 * i);
      float found = Memory.getFloat(actual + 4 * i);
      assertEquals(wanted, found, tolerance * (1 + Math.abs(wanted)), "element " + i);
    }
  }

  private static void assertSameBits(long expected, long actual, long count) {
    for (long i = 0; i < count; i++) {
      assertEquals(
          Integer.toHexString(Memory.getInt(expected + 4 * i)),
          Integer.toHexString(Memory.getInt(actual + 4 * i)),
          "element " + i);
    }
  }

  @ParameterizedTest
  @EnumSource(GgmlType.class)
  void bothDecodeEveryTypeToTheSameBits(GgmlType type) {
    var randoms = randoms(type.id());
    int count = type.blockSize() == 1 ? 1003 : type.blockSize() * 9;
    long blocks = randoms.blocks(type, count);
    long expected = randoms.empty(count);
    long actual = randoms.empty(count);
    scalar.decode(type, blocks, expected, count);
    vector.decode(type, blocks, actual, count);
    assertSameBits(expected, actual, count);
  }

  @Test
  void everyFloat16IsDecodedToItsValue() {
    long halves = randoms(1).empty(1 << 15);
    for (int bits = 0; bits < 1 << 16; bits++) {
      Memory.setShort(halves + 2L * bits, (short) bits);
    }
    long out = randoms(1).empty(1 << 16);
    vector.decode(GgmlType.F16, halves, out, 1 << 16);
    for (int bits = 0; bits < 1 << 16; bits++) {
      assertEquals(Float.float16ToFloat((short) bits), Memory.getFloat(out + 4L * bits));
    }
  }

  @ParameterizedTest
  @EnumSource(GgmlType.class)
  void matrixProductsAgreeForEveryTypeAndShape(GgmlType type) {
    var randoms = randoms(100 + type.id());
    for (int round = 0; round < 12; round++) {
      int blocks = randoms.between(1, type.blockSize() == 256 ? 6 : 40);
      int columns = type.blockSize() == 1 ? randoms.between(1, 2100) : blocks * type.blockSize();
      checkProduct(randoms, type, randoms.between(1, 70), columns, randoms.between(1, 9));
    }
    checkProduct(randoms, type, 33, 1024, 133);
  }

  private void checkProduct(Randoms randoms, GgmlType type, int rows, int columns, int tokens) {
    var part = new MatmulPart();
    part.type = type;
    part.weights = randoms.blocks(type, (long) rows * columns);
    part.rowBytes = type.bytesFor(columns);
    part.weightRows = rows;
    part.columns = columns;
    part.in = randoms.floats((long) columns * tokens);
    part.tokens = tokens;
    part.outStride = 4L * rows;
    part.bias = randoms.between(0, 1) == 0 ? 0 : randoms.floats(rows);
    part.accumulate = randoms.between(0, 1) == 0;
    long expected = randoms.floats((long) rows * tokens);
    long actual = randoms.copy(expected, (long) rows * tokens);
    long scratch = arena.allocate(Kernels.MATMUL_SCRATCH_BYTES, 64).address();
    part.out = expected;
    scalar.matmul(part, 0, rows, scratch);
    part.out = actual;
    vector.matmul(part, 0, rows, scratch);
    // The error of a float32 sum grows with the sum of magnitudes, not with the sum.
    double magnitude = Math.sqrt(columns) * largest(randoms, part);
    assertClose(expected, actual, (long) rows * tokens, 1e-6 * Math.max(1, magnitude));
  }

  private double largest(Randoms randoms, MatmulPart part) {
    long decoded = randoms.empty((long) part.weightRows * part.columns);
    double largest = 0;
    for (int row = 0; row < part.weightRows; row++) {
      scalar.decode(part.type, part.weights + row * part.rowBytes, decoded, part.columns);
      for (int i = 0; i < part.columns; i++) {
        largest = Math.max(largest, Math.abs(Memory.getFloat(decoded + 4L * i)));
      }
    }
    return largest;
  }

  @ParameterizedTest
  @EnumSource(GgmlType.class)
  void aProductDoesNotDependOnTheTokensBesideIt(GgmlType type) {
    var randoms = randoms(200 + type.id());
    int rows = 39;
    int columns = type.blockSize() == 1 ? 1100 : 1280;
    int tokens = 150;
    var part = new MatmulPart();
    part.set(
        new Matrix(type, rows, columns, randoms.blocks(type, (long) rows * columns)),
        randoms.floats((long) columns * tokens),
        tokens,
        randoms.empty((long) rows * tokens));
    long scratch = arena.allocate(Kernels.MATMUL_SCRATCH_BYTES, 64).address();
    for (Kernels kernels : new Kernels[] {scalar, vector}) {
      kernels.matmul(part, 0, rows, scratch);
      for (int token : new int[] {0, 3, 4, 127, 128, 149}) {
        var alone = new MatmulPart();
        alone.set(
            new Matrix(type, rows, columns, part.weights),
            part.inRow(token),
            1,
            randoms.empty(rows));
        kernels.matmul(alone, 0, 5, scratch);
        kernels.matmul(alone, 5, rows, scratch);
        assertSameBits(part.out + token * part.outStride, alone.out, rows);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 16, 31, 64, 100, 2048})
  void elementwiseKernelsAgree(int count) {
    var randoms = randoms(count);
    long x = randoms.floats(count, 3);
    long y = randoms.floats(count);
    long expected = randoms.empty(count);
    long actual = randoms.empty(count);
    scalar.rmsNorm(x, y, 1e-5f, count, expected);
    vector.rmsNorm(x, y, 1e-5f, count, actual);
    assertClose(expected, actual, count, 2e-6);
    for (Activation activation : Activation.values()) {
      expected = randoms.copy(x, count);
      actual = randoms.copy(x, count);
      scalar.activate(activation, expected, y, count);
      vector.activate(activation, actual, y, count);
      assertClose(expected, actual, count, 2e-6);
    }
    scalar.addScaled(expected, y, 0.3f, count);
    vector.addScaled(actual, y, 0.3f, count);
    scalar.scale(expected, 1.7f, count);
    vector.scale(actual, 1.7f, count);
    scalar.softCap(expected, 5, count);
    vector.softCap(actual, 5, count);
    assertClose(expected, actual, count, 1e-5);
  }

  @Test
  void activationsStayFiniteAndRightFarFromZero() {
    var randoms = randoms(3);
    float[] extremes = {-1e30f, -1000, -100, -90, -80, 80, 90, 100, 1000, 1e15f};
    long expected = randoms.empty(extremes.length);
    long ones = randoms.empty(extremes.length);
    for (int i = 0; i < extremes.length; i++) {
      Memory.setFloat(expected + 4L * i, extremes[i]);
      Memory.setFloat(ones + 4L * i, 1);
    }
    long actual = randoms.copy(expected, extremes.length);
    scalar.activate(Activation.SILU, expected, ones, extremes.length);
    vector.activate(Activation.SILU, actual, ones, extremes.length);
    assertClose(expected, actual, extremes.length, 1e-6);
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 4, 30, 64, 80, 128})
  void rotationsAgreeInBothStyles(int dimensions) {
    var randoms = randoms(dimensions);
    double[] frequencies = new double[dimensions / 2];
    for (int i = 0; i < frequencies.length; i++) {
      frequencies[i] = Math.pow(10_000, -2.0 * i / dimensions);
    }
    for (Rotation.Style style : Rotation.Style.values()) {
      var rotation = new Rotation(style, dimensions, frequencies);
      var memory = new Buffer(randoms.empty(2L * dimensions), 2L * dimensions);
      var table = new RotationTable(rotation, memory);
      var batch = new Batch(1, 1);
      batch.clear();
      batch.add(new int[100], 77, 1, new BlockTable());
      table.fill(batch);
      long expected = randoms.floats(dimensions);
      long actual = randoms.copy(expected, dimensions);
      scalar.rotate(style, expected, table.cos(0), table.sin(0), dimensions);
      vector.rotate(style, actual, table.cos(0), table.sin(0), dimensions);
      assertClose(expected, actual, dimensions, 2e-6);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 8, 32, 64, 80, 96, 128, 256})
  void attentionKernelsAgree(int headDim) {
    var randoms = randoms(headDim);
    int tokens = KvLayout.BLOCK_TOKENS;
    long query = randoms.floats(headDim);
    long keys = randoms.floats((long) headDim * tokens);
    long expected = randoms.empty(tokens);
    long actual = randoms.empty(tokens);
    scalar.scores(query, keys, headDim, 0.125f, expected);
    vector.scores(query, keys, headDim, 0.125f, actual);
    assertClose(expected, actual, tokens, 1e-5);
    Memory.setFloat(expected + 4L * 31, Float.NEGATIVE_INFINITY);
    Memory.setFloat(actual + 4L * 31, Float.NEGATIVE_INFINITY);
    float largest = scalar.largest(expected);
    assertEquals(largest, vector.largest(actual), 1e-5);
    float sum = scalar.exponentials(expected, largest);
    assertEquals(sum, vector.exponentials(actual, largest), 1e-5 * sum);
    assertClose(expected, actual, tokens, 1e-5);
    assertEquals(0f, Memory.getFloat(actual + 4L * 31), "what is hidden weighs nothing");
    long values = randoms.floats((long) headDim * tokens);
    long expectedOut = randoms.floats(headDim);
    long actualOut = randoms.copy(expectedOut, headDim);
    scalar.weigh(expected, 3, 29, values, headDim, 0.4f, expectedOut);
    vector.weigh(actual, 3, 29, values, headDim, 0.4f, actualOut);
    assertClose(expectedOut, actualOut, headDim, 1e-5);
  }

  @Test
  void theExponentialIsExactToTheLastPlacesOverItsRange() {
    long x = randoms(1).empty(Lanes.COUNT);
    for (float base = -87; base < 87; base += 0.37f) {
      for (int i = 0; i < Lanes.COUNT; i++) {
        Memory.setFloat(x + 4L * i, base + i * 0.01f);
      }
      var found = Lanes.exp(Lanes.load(x));
      for (int i = 0; i < Lanes.COUNT; i++) {
        double wanted = Math.exp(Memory.getFloat(x + 4L * i));
        assertTrue(Math.abs(found.lane(i) / wanted - 1) < 4e-7, "e^" + (base + i * 0.01f));
      }
    }
  }

  @Test
  void withoutNumbersInThereAreNoneOut() {
    long x = randoms(1).floats(64);
    Memory.setFloat(x + 12, Float.NaN);
    assertTrue(Float.isNaN(vector.largest(x)));
    assertTrue(Float.isNaN(scalar.largest(x)));
  }
}

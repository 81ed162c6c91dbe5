package org.millrace.gpu.device;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.millrace.gpu.CudaProvider;
import org.millrace.gpu.driver.DeviceLostException;
import org.millrace.gpu.emulation.EmulatedContext;
import org.millrace.gpu.emulation.EmulatedContext.Order;
import org.millrace.gpu.emulation.TestDevice;
import org.millrace.inference.api.BlockTable;
import org.millrace.inference.api.EngineOptions;
import org.millrace.inference.api.ModelLoadException;
import org.millrace.inference.cache.KvLayout;
import org.millrace.inference.cache.KvPool;
import org.millrace.inference.gguf.GgmlType;
import org.millrace.inference.gguf.GgufTensor;
import org.millrace.inference.tensor.Activation;
import org.millrace.inference.tensor.AttentionShape;
import org.millrace.inference.tensor.Batch;
import org.millrace.inference.tensor.Buffer;
import org.millrace.inference.tensor.CpuDevice;
import org.millrace.inference.tensor.DeviceProvider.Request;
import org.millrace.inference.tensor.ExpertWeights;
import org.millrace.inference.tensor.KernelChoice;
import org.millrace.inference.tensor.Matrix;
import org.millrace.inference.tensor.Projection;
import org.millrace.inference.tensor.Rotation;
import org.millrace.inference.tensor.TensorDevice;

/**
 * Each operation against the CPU's scalar kernels, on an emulated device whose fresh memory holds
 * no numbers and whose guards are looked at after every launch.
 */
public class CudaDeviceTest {
  private static final int ROWS_MAX = 600;
  private static final int CONTEXT = 1024;

  private final Arena arena = Arena.ofShared();
  private final RandomTensors random = new RandomTensors(42, arena);
  // One for all steps: devices tell them apart by its version.
  private final Batch batch = new Batch(ROWS_MAX, 8);
  private final List<AutoCloseable> opened = new ArrayList<>();

  @BeforeEach
  void needsTheLibrary() {
    TestDevice.assumeThere();
  }

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable resource : opened.reversed()) {
      resource.close();
    }
    arena.close();
  }

  private static KvLayout layout(int headDim, int bytes) {
    return new KvLayout(1, 2, headDim, bytes);
  }

  private TensorDevice cuda(Order order, KvLayout layout, int queryHeads) {
    var request =
        new Request("", layout, queryHeads, KvPool.blocksFor(4 * CONTEXT), ROWS_MAX, 8, CONTEXT);
    var device = CudaProvider.open(TestDevice.open(order), request).device();
    opened.add(device);
    return device;
  }

  private TensorDevice cuda() {
    return cuda(Order.UPWARDS, layout(32, 4), 4);
  }

  private TensorDevice cpu(KvLayout layout) {
    var pool = new KvPool(layout, 4 * CONTEXT);
    opened.add(pool);
    var device = new CpuDevice(KernelChoice.of(EngineOptions.Kernels.SCALAR), 1, pool, ROWS_MAX);
    opened.add(device);
    // So that every block that a test names has memory.
    assertTrue(pool.reserve(new BlockTable(), 0, 4 * CONTEXT));
    return device;
  }

  private TensorDevice cpu() {
    return cpu(layout(32, 4));
  }

  private static float[] read(TensorDevice device, Buffer buffer, int count) {
    float[] values = new float[count];
    device.read(buffer, 0, values);
    return values;
  }

  private static float[] project(
      TensorDevice device, GgufTensor weights, GgufTensor in, @Nullable GgufTensor bias) {
    int rows = (int) (in.elements() / weights.columns());
    int count = Math.toIntExact(weights.rows());
    Matrix matrix = device.matrix(weights, 0, count);
    Buffer out = device.allocate((long) rows * count);
    Buffer added = bias == null ? null : device.load(bias);
    Buffer x = device.load(in);
    device.project(x, rows, new Projection(matrix, added, out, false));
    device.project(x, rows, new Projection(matrix, null, out, true));
    return read(device, out, rows * count);
  }

  private static void assertClose(float[] expected, float[] found, double relative) {
    double squares = 0;
    for (float value : expected) {
      squares += (double) value * value;
    }
    double usual = Math.sqrt(squares / expected.length);
    for (int i = 0; i < expected.length; i++) {
      double tolerance = relative * Math.max(usual, Math.abs(expected[i]));
      // Written so that what is no number is not close.
      if (!(Math.abs(expected[i] - found[i]) <= tolerance)) {
        throw new AssertionError(
            "element %d is %s, not %s within %s".formatted(i, found[i], expected[i], tolerance));
      }
    }
  }

  @ParameterizedTest
  @EnumSource(GgmlType.class)
  void productsAgreeWithTheOracleInEveryType(GgmlType type) {
    for (int rows : new int[] {1, 3, 8, 45}) {
      GgufTensor weights = random.tensor(type, 512, 83);
      GgufTensor in = random.floats(random.wholeNumbers(512 * rows));
      GgufTensor bias = random.floats(random.values(83));
      float[] expected = project(cpu(), weights, in, bias);
      // Types that the kernels do not multiply are rounded to halves when they are loaded.
      boolean rounded = Storage.of(type) != type;
      assertClose(expected, project(cuda(), weights, in, bias), rounded ? 2e-3 : 2e-5);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"Q4_0", "Q8_0", "Q4_K", "Q5_K", "Q6_K", "F16", "BF16", "F32"})
  void aRowsProductHasTheSameBitsWhoeverIsThereAndInWhateverOrderThreadsRun(GgmlType type) {
    int rows = 40;
    GgufTensor weights = random.tensor(type, 768, 70);
    float[] values = random.values(768 * rows);
    float[] whole = project(cuda(), weights, random.floats(values), null);
    for (Order order : Order.values()) {
      TensorDevice device = cuda(order, layout(32, 4), 4);
      for (int count : new int[] {1, 2, 3, 5, 8, 9, 33}) {
        GgufTensor in = random.floats(Arrays.copyOf(values, 768 * count));
        float[] some = project(device, weights, in, null);
        assertArrayEquals(Arrays.copyOf(whole, 70 * count), some, count + " rows " + order.name());
      }
    }
  }

  @Test
  void floatsWhoseColumnsAreNoWholeBlocksAreMultipliedToo() {
    for (GgmlType type : List.of(GgmlType.F16, GgmlType.BF16, GgmlType.F32)) {
      GgufTensor weights = random.tensor(type, 45, 20);
      GgufTensor in = random.floats(random.values(45 * 12));
      assertClose(project(cpu(), weights, in, null), project(cuda(), weights, in, null), 2e-5);
    }
  }

  @ParameterizedTest
  @EnumSource(GgmlType.class)
  void embeddingsAgreeInEveryType(GgmlType type) {
    GgufTensor table = random.tensor(type, 256, 50);
    float[] expected = embed(cpu(), table);
    boolean rounded = Storage.of(type) != type;
    assertClose(expected, embed(cuda(), table), rounded ? 2e-3 : 1e-6);
  }

  private float[] embed(TensorDevice device, GgufTensor table) {
    Batch step = batch(new int[] {0, 49, 17, 17, 3}, 0);
    Buffer out = device.allocate(5 * 256);
    device.embed(device.matrix(table, 0, 50), step, 1.5f, out);
    return read(device, out, 5 * 256);
  }

  /** A batch of one sequence with block 3, 4, 5, ... */
  private Batch batch(int[] tokens, int from) {
    batch.clear();
    int[] sequence = new int[from + tokens.length];
    System.arraycopy(tokens, 0, sequence, from, tokens.length);
    batch.add(sequence, from, tokens.length, table(sequence.length, 3));
    return batch;
  }

  private static BlockTable table(int tokens, int firstBlock) {
    var table = new BlockTable();
    for (int i = 0; i < KvPool.blocksFor(tokens); i++) {
      table.append(firstBlock + i);
    }
    return table;
  }

  @Test
  void elementwiseOperationsAgree() {
    float[] x = random.values(7 * 96);
    float[] y = random.values(7 * 96);
    float[] norm = random.values(96);
    for (Activation activation : Activation.values()) {
      List<float[]> results = new ArrayList<>();
      for (TensorDevice device : List.of(cpu(), cuda())) {
        Buffer a = device.load(random.floats(x));
        Buffer b = device.load(random.floats(y));
        Buffer out = device.allocate(7 * 96);
        device.rmsNorm(a, device.load(random.floats(norm)), 1e-5f, 7, out);
        device.activate(activation, out, b, 7 * 96);
        device.add(out, a, 7 * 96);
        device.softCap(out, 7 * 96, 2.5f);
        device.copyRow(a, 2, out, 5, 96);
        results.add(read(device, out, 7 * 96));
      }
      assertClose(results.get(0), results.get(1), 1e-5);
    }
  }

  @Test
  void twinsMadeByWhoeverWritesABufferAreThoseMadeAfterwards() {
    TensorDevice device = cuda();
    GgufTensor weights = random.tensor(GgmlType.Q8_0, 96, 40);
    Matrix matrix = device.matrix(weights, 0, 40);
    Buffer weight = device.load(random.floats(random.values(96)));
    Buffer x = device.load(random.floats(random.values(5 * 96)));
    Buffer normed = device.allocate(5 * 96);
    Buffer out = device.allocate(5 * 40);
    List<float[]> results = new ArrayList<>();
    for (int time = 0; time < 2; time++) {
      // The first time nobody knows yet that the result will be multiplied.
      device.rmsNorm(x, weight, 1e-5f, 5, normed);
      device.project(normed, 5, new Projection(matrix, null, out, false));
      results.add(read(device, out, 5 * 40));
      device.activate(Activation.SILU, normed, x, 5 * 96);
      device.project(normed, 5, new Projection(matrix, null, out, false));
      results.add(read(device, out, 5 * 40));
      device.copyRow(x, 0, normed, 0, 96);
      device.project(normed, 1, new Projection(matrix, null, out, false));
      results.add(read(device, out, 40));
    }
    for (int i = 0; i < 3; i++) {
      assertArrayEquals(results.get(i), results.get(i + 3), "result " + i);
    }
  }

  @ParameterizedTest
  @EnumSource(Rotation.Style.class)
  void rotationsAgreeAlsoFarFromTheBeginning(Rotation.Style style) {
    double[] frequencies = new double[12];
    for (int i = 0; i < 12; i++) {
      frequencies[i] = Math.pow(10_000, -i / 12.0);
    }
    var rotation = new Rotation(style, 24, frequencies, 1.25);
    float[] x = random.values(6 * 4 * 32);
    List<float[]> results = new ArrayList<>();
    for (TensorDevice device : List.of(cpu(), cuda())) {
      Buffer buffer = device.load(random.floats(x));
      device.rotate(buffer, batch(new int[6], 900), rotation, 4, 32);
      results.add(read(device, buffer, x.length));
    }
    assertClose(results.get(0), results.get(1), 1e-6);
  }

  @ParameterizedTest
  @CsvSource({
    "16, 4, 4, 0, 0",
    "32, 4, 4, 0, 0",
    "64, 2, 4, 0, 50",
    "64, 4, 8, 40, 0",
    "80, 2, 4, 0, 0",
    "96, 4, 2, 0, 0",
    "128, 2, 10, 300, 30",
    "256, 2, 4, 0, 0",
    "32, 2, 40, 0, 0"
  })
  void attentionAgreesAndItsBitsAreTheSameHoweverItIsCut(
      int headDim, int bytes, int heads, int window, float cap) {
    KvLayout layout = layout(headDim, bytes);
    var shape = new AttentionShape(heads, 2, headDim, 0.15f, window, cap);
    int tokens = headDim > 64 || heads > 16 ? 290 : 560;
    var data = new Sequence(tokens, headDim, heads);
    float[] whole = data.attend(cuda(Order.UPWARDS, layout, heads), shape, tokens);
    assertClose(data.attend(cpu(layout), shape, tokens), whole, 2e-4);
    TensorDevice other = cuda(Order.SCATTERED, layout, heads);
    assertArrayEquals(whole, data.attend(other, shape, 67), "in steps of 67");
    float[] last = data.last(other, shape);
    int width = heads * headDim;
    assertArrayEquals(
        Arrays.copyOfRange(whole, (tokens - 1) * width, tokens * width), last, "the last alone");
  }

  /** Queries, keys and values of a sequence, and what attention makes of them in pieces. */
  private final class Sequence {
    private final int tokens;
    private final int width;
    private final int keyWidth;
    private final float[] queries;
    private final float[] keys;
    private final float[] values;

    Sequence(int tokens, int headDim, int heads) {
      this.tokens = tokens;
      this.width = heads * headDim;
      this.keyWidth = 2 * headDim;
      this.queries = random.values(tokens * width);
      this.keys = random.values(tokens * keyWidth);
      this.values = random.values(tokens * keyWidth);
    }

    float[] attend(TensorDevice device, AttentionShape shape, int step) {
      float[] result = new float[tokens * width];
      for (int from = 0; from < tokens; from += step) {
        int count = Math.min(step, tokens - from);
        float[] rows = piece(device, shape, from, count, true);
        System.arraycopy(rows, 0, result, from * width, rows.length);
      }
      return result;
    }

    /** The last token once more, by itself, after all others. */
    float[] last(TensorDevice device, AttentionShape shape) {
      return piece(device, shape, tokens - 1, 1, false);
    }

    private float[] piece(
        TensorDevice device, AttentionShape shape, int from, int count, boolean store) {
      Batch step = batch(new int[count], from);
      if (store) {
        device.store(
            part(device, keys, from, count, keyWidth),
            part(device, values, from, count, keyWidth),
            step,
            0);
      }
      Buffer out = device.allocate((long) count * width);
      device.attend(part(device, queries, from, count, width), step, 0, shape, out);
      return read(device, out, count * width);
    }

    private Buffer part(TensorDevice device, float[] all, int from, int count, int columns) {
      return device.load(
          random.floats(Arrays.copyOfRange(all, from * columns, (from + count) * columns)));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"Q4_0", "Q6_K", "F16"})
  void expertsAgreeAndARowsBitsDoNotDependOnTheOthers(String name) {
    GgmlType type = GgmlType.valueOf(name);
    GgufTensor gate = random.tensor(type, 256, 6 * 256);
    GgufTensor up = random.tensor(type, 256, 6 * 256);
    GgufTensor down = random.tensor(type, 256, 6 * 256);
    float[] logits = random.values(30 * 6);
    float[] in = random.values(30 * 256);
    float[] expected = experts(cpu(), gate, up, down, logits, in, 30);
    float[] found = experts(cuda(), gate, up, down, logits, in, 30);
    // Quantized twice on the way, and where a wide spread of scales meets the activation, coarsely.
    assertClose(expected, found, type == GgmlType.F16 ? 1e-4 : 2e-1);
    TensorDevice other = cuda(Order.DOWNWARDS, layout(32, 4), 4);
    for (int rows : new int[] {1, 3, 17}) {
      assertArrayEquals(
          Arrays.copyOf(found, rows * 256), experts(other, gate, up, down, logits, in, rows));
    }
  }

  private float[] experts(
      TensorDevice device,
      GgufTensor gate,
      GgufTensor up,
      GgufTensor down,
      float[] logits,
      float[] in,
      int rows) {
    var weights = new ExpertWeights(split(device, gate), split(device, up), split(device, down), 2);
    Buffer x = device.load(random.floats(new float[rows * 256]));
    device.experts(
        device.load(random.floats(Arrays.copyOf(logits, rows * 6))),
        device.load(random.floats(Arrays.copyOf(in, rows * 256))),
        rows,
        weights,
        x);
    return read(device, x, rows * 256);
  }

  private static List<Matrix> split(TensorDevice device, GgufTensor stacked) {
    List<Matrix> matrices = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      matrices.add(device.matrix(stacked, i * 256, 256));
    }
    return matrices;
  }

  @Test
  void aModelThatDoesNotFitIsRefusedWithTheSizesAndLeavesNothingBehind() {
    assumeFalse(TestDevice.isReal(), "others may use the device");
    var context = new EmulatedContext(Order.UPWARDS);
    long before = context.allocatedBytes();
    context.limit(before + (2L << 20));
    try {
      var request = new Request("", layout(32, 4), 4, 100_000, 8, 1, CONTEXT);
      var refusal =
          assertThrows(ModelLoadException.class, () -> CudaProvider.open(context, request));
      String message = Objects.requireNonNull(refusal.getMessage());
      assertTrue(message.contains("the KV cache needs"), message);
    } finally {
      context.limit(1L << 40);
    }
    assertEquals(before, context.allocatedBytes());
  }

  @Test
  void closingGivesAllMemoryBack() {
    assumeFalse(TestDevice.isReal(), "others may use the device");
    var context = new EmulatedContext(Order.UPWARDS);
    long before = context.allocatedBytes();
    var request = new Request("", layout(32, 4), 4, 10, 8, 1, 64);
    try (TensorDevice device = CudaProvider.open(context, request).device()) {
      project(
          device, random.tensor(GgmlType.Q4_K, 256, 16), random.floats(random.values(256)), null);
      assertTrue(context.allocatedBytes() > before);
    }
    assertEquals(before, context.allocatedBytes());
  }

  @Test
  void aDeviceThatIsLostSaysSoAndCanStillBeClosed() {
    assumeFalse(TestDevice.isReal(), "a real device is not lost on purpose");
    var context = new EmulatedContext(Order.UPWARDS);
    long before = context.allocatedBytes();
    var request = new Request("", layout(32, 4), 4, 10, 8, 1, 64);
    TensorDevice device = CudaProvider.open(context, request).device();
    Buffer x = device.load(random.floats(random.values(64)));
    context.lose();
    assertThrows(DeviceLostException.class, () -> device.softCap(x, 64, 1));
    device.close();
    assertEquals(before, context.allocatedBytes());
  }

  @Test
  void headsOfASizeWithoutAKernelAreRefused() {
    var request = new Request("", layout(24, 4), 4, 10, 8, 1, 64);
    var refusal =
        assertThrows(
            ModelLoadException.class,
            () -> CudaProvider.open(TestDevice.open(Order.UPWARDS), request));
    assertTrue(Objects.requireNonNull(refusal.getMessage()).contains("heads of 24 elements"));
  }
}

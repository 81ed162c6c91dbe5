package org.millrace.gpu.device;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.millrace.gpu.CudaProvider;
import org.millrace.gpu.emulation.EmulatedContext.Order;
import org.millrace.gpu.emulation.TestDevice;
import org.millrace.inference.api.BlockTable;
import org.millrace.inference.api.EngineOptions;
import org.millrace.inference.cache.KvLayout;
import org.millrace.inference.cache.KvPool;
import org.millrace.inference.gguf.GgufTensor;
import org.millrace.inference.tensor.Batch;
import org.millrace.inference.tensor.Buffer;
import org.millrace.inference.tensor.CpuDevice;
import org.millrace.inference.tensor.DeviceProvider.Request;
import org.millrace.inference.tensor.KernelChoice;
import org.millrace.inference.tensor.Matrix;
import org.millrace.inference.tensor.Projection;
import org.millrace.inference.tensor.TensorDevice;

/** Devices for a test, the CPU beside the one that is tested, and what tests do with both. */
abstract class DeviceFixture {
  private static final int ROWS_MAX = 600;
  static final int CONTEXT = 1024;

  final Arena arena = Arena.ofShared();
  final RandomTensors random = new RandomTensors(42, arena);
  // One for all steps: devices tell them apart by its version.
  final Batch batch = new Batch(ROWS_MAX, 8);
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

  static KvLayout layout(int headDim, int bytes) {
    return new KvLayout(1, 2, headDim, bytes);
  }

  TensorDevice cuda(Order order, KvLayout layout, int queryHeads) {
    var request =
        new Request("", layout, queryHeads, KvPool.blocksFor(4 * CONTEXT), ROWS_MAX, 8, CONTEXT);
    var device = CudaProvider.open(TestDevice.open(order), request);
    opened.add(device);
    return device;
  }

  TensorDevice cuda() {
    return cuda(Order.UPWARDS, layout(32, 4), 4);
  }

  TensorDevice cpu(KvLayout layout) {
    var pool = new KvPool(layout, 4 * CONTEXT);
    opened.add(pool);
    var device = new CpuDevice(KernelChoice.of(EngineOptions.Kernels.SCALAR), 1, pool, ROWS_MAX);
    opened.add(device);
    // So that every block that a test names has memory.
    assertTrue(pool.reserve(new BlockTable(), 0, 4 * CONTEXT));
    return device;
  }

  TensorDevice cpu() {
    return cpu(layout(32, 4));
  }

  static float[] read(TensorDevice device, Buffer buffer, int count) {
    float[] values = new float[count];
    device.read(buffer, 0, values);
    return values;
  }

  static float[] project(
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

  static void assertClose(float[] expected, float[] found, double relative) {
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

  /** A batch of one sequence with block 3, 4, 5, ... */
  Batch batch(int[] tokens, int from) {
    batch.clear();
    int[] sequence = new int[from + tokens.length];
    System.arraycopy(tokens, 0, sequence, from, tokens.length);
    batch.add(sequence, from, tokens.length, table(sequence.length, 3));
    return batch;
  }

  static BlockTable table(int tokens, int firstBlock) {
    var table = new BlockTable();
    for (int i = 0; i < KvPool.blocksFor(tokens); i++) {
      table.append(firstBlock + i);
    }
    return table;
  }
}

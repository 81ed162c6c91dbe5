package org.millrace.gpu.device;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.millrace.gpu.emulation.EmulatedContext.Order;
import org.millrace.inference.cache.KvLayout;
import org.millrace.inference.tensor.AttentionShape;
import org.millrace.inference.tensor.Batch;
import org.millrace.inference.tensor.Buffer;
import org.millrace.inference.tensor.TensorDevice;

/** Attention against the CPU's scalar kernels, however it is cut. */
class CudaAttentionTest extends DeviceFixture {
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
    "32, 2, 40, 0, 0",
    "16, 1, 4, 0, 0",
    "32, 1, 40, 0, 0",
    "64, 1, 8, 40, 50",
    "80, 1, 4, 0, 0",
    "96, 1, 2, 0, 0",
    "128, 1, 10, 300, 30",
    "256, 1, 4, 0, 0"
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
}

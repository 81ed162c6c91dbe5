package org.millrace.gpu.device;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.millrace.gpu.emulation.EmulatedContext.Order;
import org.millrace.inference.gguf.GgmlType;
import org.millrace.inference.gguf.GgufTensor;
import org.millrace.inference.tensor.Buffer;
import org.millrace.inference.tensor.ExpertWeights;
import org.millrace.inference.tensor.Matrix;
import org.millrace.inference.tensor.TensorDevice;

/** Experts against the CPU's scalar kernels. */
class CudaExpertsTest extends DeviceFixture {
  @ParameterizedTest
  @CsvSource({"Q4_0, true", "Q6_K, true", "F16, true", "F16, false", "Q8_0, false"})
  void expertsAgreeAndARowsBitsDoNotDependOnTheOthers(GgmlType type, boolean scaled) {
    GgufTensor gate = random.tensor(type, 256, 6 * 256);
    GgufTensor up = random.tensor(type, 256, 6 * 256);
    GgufTensor down = random.tensor(type, 256, 6 * 256);
    float[] logits = random.values(30 * 6);
    float[] in = random.values(30 * 256);
    float[] expected = experts(cpu(), gate, up, down, logits, in, 30, scaled);
    float[] found = experts(cuda(), gate, up, down, logits, in, 30, scaled);
    // Quantized twice on the way, and where a wide spread of scales meets the activation, coarsely.
    assertClose(expected, found, type == GgmlType.F16 ? 1e-4 : 2e-1);
    TensorDevice other = cuda(Order.DOWNWARDS, layout(32, 4), 4);
    for (int rows : new int[] {1, 3, 17}) {
      assertArrayEquals(
          Arrays.copyOf(found, rows * 256),
          experts(other, gate, up, down, logits, in, rows, scaled));
    }
  }

  private float[] experts(
      TensorDevice device,
      GgufTensor gate,
      GgufTensor up,
      GgufTensor down,
      float[] logits,
      float[] in,
      int rows,
      boolean scaled) {
    var weights =
        new ExpertWeights(split(device, gate), split(device, up), split(device, down), 2, scaled);
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
}

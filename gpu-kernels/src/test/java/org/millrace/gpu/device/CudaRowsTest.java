package org.millrace.gpu.device;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.millrace.inference.gguf.GgmlType;
import org.millrace.inference.gguf.GgufTensor;
import org.millrace.inference.tensor.Activation;
import org.millrace.inference.tensor.Batch;
import org.millrace.inference.tensor.Buffer;
import org.millrace.inference.tensor.Rotation;
import org.millrace.inference.tensor.TensorDevice;

/** What is done row by row, against the CPU's scalar kernels. */
class CudaRowsTest extends DeviceFixture {
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
        device.addGated(out, b, device.load(random.floats(Arrays.copyOf(x, 7))), 7, 96);
        device.copyRow(a, 2, out, 5, 96);
        results.add(read(device, out, 7 * 96));
      }
      assertClose(results.get(0), results.get(1), 1e-5);
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
}

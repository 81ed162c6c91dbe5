package org.millrace.gpu.device;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.millrace.gpu.emulation.EmulatedContext.Order;
import org.millrace.inference.gguf.GgmlType;
import org.millrace.inference.gguf.GgufTensor;
import org.millrace.inference.tensor.Activation;
import org.millrace.inference.tensor.Buffer;
import org.millrace.inference.tensor.Matrix;
import org.millrace.inference.tensor.Projection;
import org.millrace.inference.tensor.TensorDevice;

/**
 * Products against the CPU's scalar kernels: every type, and the same bits for a row whoever is
 * there.
 */
class CudaProductsTest extends DeviceFixture {
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
}

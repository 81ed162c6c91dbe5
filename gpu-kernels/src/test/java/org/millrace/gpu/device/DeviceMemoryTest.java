package org.millrace.gpu.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.millrace.gpu.CudaProvider;
import org.millrace.gpu.driver.DeviceLostException;
import org.millrace.gpu.emulation.EmulatedContext;
import org.millrace.gpu.emulation.EmulatedContext.Order;
import org.millrace.gpu.emulation.TestDevice;
import org.millrace.inference.api.ModelLoadException;
import org.millrace.inference.gguf.GgmlType;
import org.millrace.inference.tensor.Buffer;
import org.millrace.inference.tensor.DeviceProvider.Request;
import org.millrace.inference.tensor.TensorDevice;

/** That a device's memory is refused with the sizes, and all of it given back. */
class DeviceMemoryTest extends DeviceFixture {
  @Test
  void aModelThatDoesNotFitIsRefusedWithTheSizesAndLeavesNothingBehind() {
    assumeFalse(TestDevice.isReal(), "others may use the device");
    var context = EmulatedContext.late(Order.UPWARDS);
    context.device().limit(2L << 20);
    var request = new Request("", layout(32, 4), 4, 100_000, 8, 1, CONTEXT);
    var refusal = assertThrows(ModelLoadException.class, () -> CudaProvider.open(context, request));
    String message = Objects.requireNonNull(refusal.getMessage());
    assertTrue(message.contains("the KV cache needs"), message);
    assertEquals(0, context.device().allocatedBytes());
  }

  @Test
  void closingGivesAllMemoryBack() {
    assumeFalse(TestDevice.isReal(), "others may use the device");
    var context = EmulatedContext.late(Order.UPWARDS);
    var request = new Request("", layout(32, 4), 4, 10, 8, 1, 64);
    try (TensorDevice device = CudaProvider.open(context, request)) {
      project(
          device, random.tensor(GgmlType.Q4_K, 256, 16), random.floats(random.values(256)), null);
      assertTrue(context.device().allocatedBytes() > 0);
    }
    assertEquals(0, context.device().allocatedBytes());
  }

  @Test
  void aDeviceThatIsLostSaysSoAndCanStillBeClosed() {
    assumeFalse(TestDevice.isReal(), "a real device is not lost on purpose");
    var context = EmulatedContext.late(Order.UPWARDS);
    var request = new Request("", layout(32, 4), 4, 10, 8, 1, 64);
    TensorDevice device = CudaProvider.open(context, request);
    Buffer x = device.load(random.floats(random.values(64)));
    context.device().lose();
    device.softCap(x, 64, 1);
    assertThrows(DeviceLostException.class, () -> read(device, x, 64));
    device.close();
    assertEquals(0, context.device().allocatedBytes());
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

package org.millrace.gpu.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.millrace.gpu.emulation.EmulatedContext.Order;
import org.millrace.gpu.emulation.TestDevice;

class KernelFloorsTest {
  @Test
  void everyLineNamesWhatMustBeMovedAndDone() {
    TestDevice.assumeThere();
    try (var floors = new KernelFloors(TestDevice.open(Order.UPWARDS), 256, 64)) {
      assertTrue(floors.bandwidth(1 << 20) > 0);
      var lines = floors.measure();
      var first = lines.getFirst();
      assertEquals("Q4_0 x 1", first.name());
      // 256 x 256 weights of 4.5 bits, a row of 256 floats in and one out.
      assertEquals(36_864 + 2_048, first.bytes());
      assertEquals(131_072, first.operations());
      assertEquals(0.5, first.ofFloor(first.bytesPerSecond() * 2), 1e-9);
      assertEquals("attention over 64", lines.getLast().name());
    }
  }
}

package org.millrace.gpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class CudaProbeTest {
  @Test
  void aMachineWithoutAUsableDeviceIsToldWhy() {
    CudaProbe.Finding finding = CudaProbe.probe();
    if (finding.devices().isEmpty()) {
      assertFalse(finding.reason().isBlank(), "no device and no reason");
    }
    for (CudaProbe.Device device : finding.devices()) {
      assertTrue(device.computeCapability() >= CudaProbe.COMPUTE_CAPABILITY_MIN, device.name());
      assertTrue(device.memoryBytes() > 0, device.name());
    }
  }

  @Test
  void askingTwiceGivesTheSameAnswer() {
    assertEquals(CudaProbe.probe(), CudaProbe.probe());
  }
}

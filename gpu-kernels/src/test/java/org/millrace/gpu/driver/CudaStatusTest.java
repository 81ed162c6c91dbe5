package org.millrace.gpu.driver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class CudaStatusTest {
  @Test
  void aFailureNamesTheDriversStatusAndSaysWhatMayHelp() {
    var failure = CudaStatus.failure(222, "loading the kernels");
    assertEquals(
        "loading the kernels failed (CUDA_ERROR_UNSUPPORTED_PTX_VERSION): the driver is too old for the kernels; 580 or newer is needed",
        failure.getMessage());
    assertFalse(failure.isLost());
  }

  @Test
  void whatLeavesTheDeviceUnusableIsALostDevice() {
    for (int status : new int[] {214, 700, 719, 999}) {
      var failure = CudaStatus.failure(status, "running what was started");
      assertInstanceOf(DeviceLostException.class, failure);
      assertTrue(failure.isLost());
    }
    assertInstanceOf(DeviceMemoryException.class, CudaStatus.failure(2, "taking memory"));
  }

  @Test
  void aCallThatWentWellIsNoFailureAndAStatusThatNobodyKnowsIsNamedByItsNumber() {
    CudaStatus.check(0, "nothing");
    var unknown = assertThrows(CudaException.class, () -> CudaStatus.check(4711, "asking"));
    assertEquals("CUDA error 4711", unknown.status());
  }
}

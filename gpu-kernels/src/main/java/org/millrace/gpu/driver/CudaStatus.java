package org.millrace.gpu.driver;

import java.util.Optional;

/** Status codes of the driver as exceptions. */
public final class CudaStatus {
  private CudaStatus() {}

  /**
   * Does nothing when a call went well.
   *
   * @param what was being done, as the beginning of a sentence
   * @throws CudaException when it did not
   */
  public static void check(int status, String what) {
    if (status != 0) {
      throw failure(status, what);
    }
  }

  /** A status that is not 0 as what it means to the caller. */
  public static CudaException failure(int status, String what) {
    Optional<CudaError> known = CudaError.of(status);
    String name = known.map(error -> "CUDA_ERROR_" + error).orElse("CUDA error " + status);
    String advice = known.map(CudaError::advice).orElse("see the CUDA driver API's error codes");
    if (known.equals(Optional.of(CudaError.OUT_OF_MEMORY))) {
      return new DeviceMemoryException(name, what + ": the device has no memory left", advice);
    }
    return known.filter(CudaError::isLost).isPresent()
        ? new DeviceLostException(name, what + ": the device is lost", advice)
        : new CudaException(name, what + " failed", advice);
  }
}

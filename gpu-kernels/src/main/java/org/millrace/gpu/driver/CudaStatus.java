package org.millrace.gpu.driver;

import java.util.Map;
import java.util.Set;

/** Status codes of the driver (cuda.h, {@code CUresult}) as exceptions. */
public final class CudaStatus {
  private static final int MEMORY = 2;

  /** After these every later call fails too. */
  private static final Set<Integer> LOST =
      Set.of(4, 46, 101, 201, 214, 220, 700, 702, 709, 710, 714, 715, 716, 717, 718, 719, 721, 999);

  private static final Map<Integer, String> NAMES =
      Map.ofEntries(
          Map.entry(1, "CUDA_ERROR_INVALID_VALUE"),
          Map.entry(MEMORY, "CUDA_ERROR_OUT_OF_MEMORY"),
          Map.entry(3, "CUDA_ERROR_NOT_INITIALIZED"),
          Map.entry(4, "CUDA_ERROR_DEINITIALIZED"),
          Map.entry(46, "CUDA_ERROR_DEVICE_UNAVAILABLE"),
          Map.entry(100, "CUDA_ERROR_NO_DEVICE"),
          Map.entry(101, "CUDA_ERROR_INVALID_DEVICE"),
          Map.entry(200, "CUDA_ERROR_INVALID_IMAGE"),
          Map.entry(201, "CUDA_ERROR_INVALID_CONTEXT"),
          Map.entry(209, "CUDA_ERROR_NO_BINARY_FOR_GPU"),
          Map.entry(214, "CUDA_ERROR_ECC_UNCORRECTABLE"),
          Map.entry(218, "CUDA_ERROR_INVALID_PTX"),
          Map.entry(220, "CUDA_ERROR_NVLINK_UNCORRECTABLE"),
          Map.entry(222, "CUDA_ERROR_UNSUPPORTED_PTX_VERSION"),
          Map.entry(500, "CUDA_ERROR_NOT_FOUND"),
          Map.entry(700, "CUDA_ERROR_ILLEGAL_ADDRESS"),
          Map.entry(701, "CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES"),
          Map.entry(702, "CUDA_ERROR_LAUNCH_TIMEOUT"),
          Map.entry(709, "CUDA_ERROR_CONTEXT_IS_DESTROYED"),
          Map.entry(710, "CUDA_ERROR_ASSERT"),
          Map.entry(714, "CUDA_ERROR_HARDWARE_STACK_ERROR"),
          Map.entry(715, "CUDA_ERROR_ILLEGAL_INSTRUCTION"),
          Map.entry(716, "CUDA_ERROR_MISALIGNED_ADDRESS"),
          Map.entry(717, "CUDA_ERROR_INVALID_ADDRESS_SPACE"),
          Map.entry(718, "CUDA_ERROR_INVALID_PC"),
          Map.entry(719, "CUDA_ERROR_LAUNCH_FAILED"),
          Map.entry(721, "CUDA_ERROR_CONTAINED"),
          Map.entry(900, "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED"),
          Map.entry(901, "CUDA_ERROR_STREAM_CAPTURE_INVALIDATED"),
          Map.entry(999, "CUDA_ERROR_UNKNOWN"));

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
    String name = NAMES.getOrDefault(status, "CUDA error " + status);
    if (status == MEMORY) {
      return new DeviceMemoryException(name, what + ": the device has no memory left");
    }
    return LOST.contains(status)
        ? new DeviceLostException(name, what + ": the device is lost")
        : new CudaException(name, what + " failed");
  }
}

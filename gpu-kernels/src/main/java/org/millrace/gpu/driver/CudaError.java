package org.millrace.gpu.driver;

import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The driver's status codes (cuda.h, {@code CUresult}) that a server may meet. */
public enum CudaError {
  INVALID_VALUE(1, "a bug of ours, please report it"),
  OUT_OF_MEMORY(2, "see nvidia-smi for who else uses the device"),
  NOT_INITIALIZED(3, "a bug of ours, please report it"),
  DEINITIALIZED(4, true, "the driver was unloaded; restart the server"),
  STUB_LIBRARY(34, "libcuda.so.1 is the toolkit's stub; put the driver's own before it"),
  DEVICE_UNAVAILABLE(
      46, true, "another process has the device for itself; see its compute mode in nvidia-smi"),
  NO_DEVICE(100, "see that nvidia-smi lists a device, and CUDA_VISIBLE_DEVICES"),
  INVALID_DEVICE(101, true, "see nvidia-smi -L for the devices there are"),
  INVALID_IMAGE(200, "the kernels in the jar are damaged; build anew"),
  INVALID_CONTEXT(201, true, "restart the server"),
  NO_BINARY_FOR_GPU(209, "the device is older than compute capability 8.0"),
  ECC_UNCORRECTABLE(
      214, true, "its memory is faulty: see nvidia-smi -q -d ECC, reset it or take it out"),
  PEER_ACCESS_UNSUPPORTED(217, "these devices cannot reach each other's memory"),
  INVALID_PTX(218, "the kernels in the jar are damaged; build anew"),
  NVLINK_UNCORRECTABLE(220, true, "a link between devices failed: see nvidia-smi nvlink -e"),
  UNSUPPORTED_PTX_VERSION(222, "the driver is too old for the kernels; 580 or newer is needed"),
  PEER_ACCESS_ALREADY_ENABLED(704, "nothing to do"),
  NOT_FOUND(500, "the kernels in the jar are not those of this build; build anew"),
  ILLEGAL_ADDRESS(
      700, true, "a kernel is wrong: run ./millrace gpu-verify and report what it says"),
  LAUNCH_OUT_OF_RESOURCES(701, "a kernel is wrong for this device, please report it"),
  LAUNCH_TIMEOUT(702, true, "a display's watchdog ended a kernel; use a device without a display"),
  CONTEXT_IS_DESTROYED(709, true, "restart the server"),
  ASSERT(710, true, "a kernel is wrong: run ./millrace gpu-verify and report what it says"),
  HARDWARE_STACK_ERROR(714, true, "see dmesg for the driver's Xid message"),
  ILLEGAL_INSTRUCTION(715, true, "see dmesg for the driver's Xid message"),
  MISALIGNED_ADDRESS(
      716, true, "a kernel is wrong: run ./millrace gpu-verify and report what it says"),
  INVALID_ADDRESS_SPACE(
      717, true, "a kernel is wrong: run ./millrace gpu-verify and report what it says"),
  INVALID_PC(718, true, "see dmesg for the driver's Xid message"),
  LAUNCH_FAILED(719, true, "see dmesg for the driver's Xid message, and run ./millrace gpu-verify"),
  CONTAINED(721, true, "an error of the device was contained; restart the server"),
  SYSTEM_NOT_READY(802, "start the fabric manager that belongs to the driver"),
  SYSTEM_DRIVER_MISMATCH(803, "libcuda and the kernel's driver differ; reboot after the update"),
  STREAM_CAPTURE_UNSUPPORTED(900, "a bug of ours, please report it"),
  STREAM_CAPTURE_INVALIDATED(901, "a bug of ours, please report it"),
  UNKNOWN(999, true, "see dmesg for the driver's Xid message");

  private static final Map<Integer, CudaError> BY_CODE =
      Stream.of(values()).collect(Collectors.toMap(error -> error.code, Function.identity()));

  private final int code;
  private final boolean lost;
  private final String advice;

  CudaError(int code, String advice) {
    this(code, false, advice);
  }

  CudaError(int code, boolean lost, String advice) {
    this.code = code;
    this.lost = lost;
    this.advice = advice;
  }

  /** The one with a code, where it is one of these. */
  static Optional<CudaError> of(int code) {
    return Optional.ofNullable(BY_CODE.get(code));
  }

  int code() {
    return code;
  }

  /** Whether every later call fails too. */
  boolean isLost() {
    return lost;
  }

  /** What may help. */
  String advice() {
    return advice;
  }
}

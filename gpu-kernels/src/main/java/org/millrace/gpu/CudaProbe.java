package org.millrace.gpu;

import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdevice_attribute;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;

/**
 * Looks for NVIDIA devices. Needs only {@code libcuda.so.1}; without it, or without JCuda, it says
 * so instead of failing.
 */
public final class CudaProbe {
  /** First CUDA driver version that reads the PTX this project compiles (PTX 9.0). */
  static final int DRIVER_VERSION_MIN = 13_000;

  /** Lowest compute capability the kernels are compiled for. */
  static final int COMPUTE_CAPABILITY_MIN = 80;

  private static final String DRIVER = "libcuda.so.1";
  private static final int NAME_BYTES = 256;

  private CudaProbe() {}

  /**
   * What was found.
   *
   * @param devices usable devices, in the driver's order
   * @param reason why there are none, or what was passed over; empty when every device is usable
   */
  public record Finding(List<Device> devices, String reason) {}

  /**
   * A device that can run the kernels.
   *
   * @param ordinal the driver's number of it
   * @param computeCapability major * 10 + minor, e.g. 90
   * @param memoryBytes its memory in all
   */
  public record Device(int ordinal, String name, int computeCapability, long memoryBytes) {}

  /** Asks the driver. */
  public static Finding probe() {
    try {
      return ask();
    } catch (LinkageError e) {
      return new Finding(List.of(), unloadable(e));
    }
  }

  /** JCuda's own message names its library, not the one that is missing beneath it. */
  private static String unloadable(LinkageError e) {
    try (var arena = Arena.ofConfined()) {
      SymbolLookup.libraryLookup(DRIVER, arena);
      return "JCuda cannot be loaded (" + firstLine(e) + ")";
    } catch (IllegalArgumentException missing) {
      return "no CUDA driver on this machine: there is no " + DRIVER;
    }
  }

  private static Finding ask() {
    JCudaDriver.setExceptionsEnabled(false);
    int status = JCudaDriver.cuInit(0);
    if (status != CUresult.CUDA_SUCCESS) {
      return new Finding(List.of(), "cuInit answered " + CUresult.stringFor(status));
    }
    int[] version = new int[1];
    JCudaDriver.cuDriverGetVersion(version);
    if (version[0] < DRIVER_VERSION_MIN) {
      return new Finding(
          List.of(),
          "the driver supports CUDA %d.%d; at least %d.%d is needed"
              .formatted(
                  version[0] / 1000,
                  version[0] % 1000 / 10,
                  DRIVER_VERSION_MIN / 1000,
                  DRIVER_VERSION_MIN % 1000 / 10));
    }
    int[] count = new int[1];
    JCudaDriver.cuDeviceGetCount(count);
    return list(count[0]);
  }

  private static Finding list(int count) {
    List<Device> usable = new ArrayList<>();
    List<String> passedOver = new ArrayList<>();
    for (int ordinal = 0; ordinal < count; ordinal++) {
      Device device = describe(ordinal);
      if (device.computeCapability() >= COMPUTE_CAPABILITY_MIN) {
        usable.add(device);
      } else {
        passedOver.add(
            "device %d (%s) has compute capability %.1f; at least %.1f is needed"
                .formatted(
                    ordinal,
                    device.name(),
                    device.computeCapability() / 10.0,
                    COMPUTE_CAPABILITY_MIN / 10.0));
      }
    }
    String reason = count == 0 ? "the driver reports no device" : String.join("; ", passedOver);
    return new Finding(List.copyOf(usable), reason);
  }

  private static Device describe(int ordinal) {
    CUdevice device = new CUdevice();
    JCudaDriver.cuDeviceGet(device, ordinal);
    byte[] name = new byte[NAME_BYTES];
    JCudaDriver.cuDeviceGetName(name, NAME_BYTES, device);
    long[] bytes = new long[1];
    JCudaDriver.cuDeviceTotalMem(bytes, device);
    int major = attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR);
    int minor = attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
    return new Device(ordinal, text(name), major * 10 + minor, bytes[0]);
  }

  private static int attribute(CUdevice device, int attribute) {
    int[] value = new int[1];
    JCudaDriver.cuDeviceGetAttribute(value, attribute, device);
    return value[0];
  }

  private static String text(byte[] terminated) {
    int end = 0;
    while (end < terminated.length && terminated[end] != 0) {
      end++;
    }
    return new String(terminated, 0, end, StandardCharsets.US_ASCII);
  }

  private static String firstLine(Throwable e) {
    return String.valueOf(e.getMessage()).lines().findFirst().orElse("").strip();
  }
}

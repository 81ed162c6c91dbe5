package org.millrace.gpu.driver;

import java.nio.charset.StandardCharsets;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdevice_attribute;
import jcuda.driver.JCudaDriver;

/** A device as the driver describes it, before anybody works on it. */
final class NvidiaDevice {
  private static final int NAME_BYTES = 256;

  private final CUdevice device = new CUdevice();
  private final int ordinal;
  private final String name;
  private final long memoryBytes;

  /** Looks for a device by the driver's number of it. */
  NvidiaDevice(int ordinal) {
    this.ordinal = ordinal;
    JCudaDriver.setExceptionsEnabled(false);
    CudaStatus.check(JCudaDriver.cuInit(0), "starting the CUDA driver");
    CudaStatus.check(JCudaDriver.cuDeviceGet(device, ordinal), "looking for device " + ordinal);
    byte[] text = new byte[NAME_BYTES];
    CudaStatus.check(JCudaDriver.cuDeviceGetName(text, NAME_BYTES, device), "asking for a name");
    this.name = new String(text, StandardCharsets.US_ASCII).split("\0", 2)[0];
    long[] bytes = new long[1];
    CudaStatus.check(JCudaDriver.cuDeviceTotalMem(bytes, device), "asking for the memory's size");
    this.memoryBytes = bytes[0];
  }

  CUdevice handle() {
    return device;
  }

  int ordinal() {
    return ordinal;
  }

  String name() {
    return name;
  }

  long memoryBytes() {
    return memoryBytes;
  }

  /** The context that all who use the device share; each of them gives it back. */
  CUcontext retain() {
    var context = new CUcontext();
    CudaStatus.check(
        JCudaDriver.cuDevicePrimaryCtxRetain(context, device), "opening device " + ordinal);
    return context;
  }

  void release() {
    JCudaDriver.cuDevicePrimaryCtxRelease(device);
  }

  int processors() {
    return attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT);
  }

  /** Major * 10 + minor, e.g. 90. */
  int computeCapability() {
    return 10 * attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR)
        + attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
  }

  private int attribute(int which) {
    int[] value = new int[1];
    CudaStatus.check(
        JCudaDriver.cuDeviceGetAttribute(value, which, device), "asking what the device is like");
    return value[0];
  }
}

package org.millrace.gpu.driver;

import jcuda.driver.CUdeviceptr;

/** Memory of a device, for JCuda, which keeps addresses to itself; a subclass may see them. */
final class DeviceAddress extends CUdeviceptr {
  DeviceAddress(long address) {
    super(new CUdeviceptr(), address);
  }

  long value() {
    return getNativePointer() + getByteOffset();
  }
}

package org.millrace.gpu;

import org.millrace.gpu.driver.CudaContext;
import org.millrace.gpu.driver.NvidiaContext;

/** The devices of a machine, and how they are opened: NVIDIA's, or in tests emulated ones. */
public interface CudaMachine {
  /** What is there. */
  CudaProbe.Finding probe();

  /** Bytes of a device's memory that nobody has taken. */
  long freeBytes(int ordinal);

  /** Opens a device, for one model; a second model opens it once more. */
  CudaContext open(int ordinal);

  /** What the driver calls a device, as {@link CudaContext#id} does. */
  String id(int ordinal);

  /** This machine's. */
  static CudaMachine nvidia() {
    return new CudaMachine() {
      @Override
      public CudaProbe.Finding probe() {
        return CudaProbe.probe();
      }

      @Override
      public long freeBytes(int ordinal) {
        return NvidiaContext.freeBytes(ordinal);
      }

      @Override
      public CudaContext open(int ordinal) {
        return NvidiaContext.open(ordinal);
      }

      @Override
      public String id(int ordinal) {
        return NvidiaContext.id(ordinal);
      }
    };
  }
}

package org.millrace.gpu.driver;

/** The device has no memory left for this. */
public final class DeviceMemoryException extends CudaException {
  private static final long serialVersionUID = 1L;

  /** As {@link CudaException}. */
  public DeviceMemoryException(String status, String message, String advice) {
    super(status, message, advice, false);
  }
}

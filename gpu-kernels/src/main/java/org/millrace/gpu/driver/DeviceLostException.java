package org.millrace.gpu.driver;

/**
 * The device has stopped: nothing works on it any more until it is opened anew. Whoever runs on it
 * must be taken out of service.
 */
public final class DeviceLostException extends CudaException {
  private static final long serialVersionUID = 1L;

  /** As {@link CudaException}. */
  public DeviceLostException(String status, String message, String advice) {
    super(status, message, advice, true);
  }
}

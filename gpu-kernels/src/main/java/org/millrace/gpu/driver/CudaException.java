package org.millrace.gpu.driver;

import org.millrace.inference.api.DeviceException;

/** The driver refused a call, or something that ran before it has failed. */
public class CudaException extends DeviceException {
  private static final long serialVersionUID = 1L;

  private final String status;

  /**
   * @param status as the driver names it, e.g. {@code CUDA_ERROR_INVALID_VALUE}
   * @param advice what may help
   */
  public CudaException(String status, String message, String advice) {
    this(status, message, advice, false);
  }

  CudaException(String status, String message, String advice, boolean lost) {
    super("%s (%s): %s".formatted(message, status, advice), lost);
    this.status = status;
  }

  /** As the driver names it. */
  public String status() {
    return status;
  }
}

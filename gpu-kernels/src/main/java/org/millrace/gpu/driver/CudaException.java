package org.millrace.gpu.driver;

/** The driver refused a call, or something that ran before it has failed. */
public class CudaException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String status;

  /**
   * @param status as the driver names it, e.g. {@code CUDA_ERROR_INVALID_VALUE}
   */
  public CudaException(String status, String message) {
    super(message + " (" + status + ")");
    this.status = status;
  }

  /** As the driver names it. */
  public String status() {
    return status;
  }
}

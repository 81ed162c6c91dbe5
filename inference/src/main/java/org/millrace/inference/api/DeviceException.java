package org.millrace.inference.api;

/** A device that runs a model has failed. The message says what it did then and what may help. */
public class DeviceException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final boolean lost;

  /**
   * @param lost whether nothing works on the device any more until it is opened anew
   */
  public DeviceException(String message, boolean lost) {
    super(message);
    this.lost = lost;
  }

  /**
   * Whether nothing works on the device any more until it is opened anew: whoever runs on it must
   * be taken out of service.
   */
  public boolean isLost() {
    return lost;
  }
}

package org.millrace.serving.api;

/** Every way in which serving refuses or fails, with a number that never changes its meaning. */
public enum ServingError {
  MODEL_NOT_FOUND(3001),
  INVALID_PARAMETER(3002),
  CONTEXT_LENGTH_EXCEEDED(3003),
  RATE_LIMITED(3004),
  QUEUE_FULL(3005),
  DEADLINE_EXCEEDED(3006),
  INSUFFICIENT_CREDIT(3007),
  SHUTTING_DOWN(3008),
  ENGINE_FAILED(3009),
  BILLING_UNAVAILABLE(3010),
  DUPLICATE_REQUEST(3011),
  MODEL_UNAVAILABLE(3012),
  MODEL_BUSY(3013);

  private final int code;

  ServingError(int code) {
    this.code = code;
  }

  public int code() {
    return code;
  }
}

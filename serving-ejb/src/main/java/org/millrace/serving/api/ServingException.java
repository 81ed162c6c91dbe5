package org.millrace.serving.api;

import jakarta.ejb.ApplicationException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A refusal by serving. The message names the value and the limit and is fit to be shown to the
 * caller.
 */
@ApplicationException
public final class ServingException extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private final ServingError error;
  private final @Nullable String parameter;
  private final @Nullable Duration retryAfter;

  public ServingException(ServingError error, String message) {
    this(error, message, null, null);
  }

  /**
   * @param parameter the request's parameter as OpenAI's API names it
   * @param retryAfter when to try again, where that helps
   */
  public ServingException(
      ServingError error,
      String message,
      @Nullable String parameter,
      @Nullable Duration retryAfter) {
    super(message);
    this.error = error;
    this.parameter = parameter;
    this.retryAfter = retryAfter;
  }

  public ServingError error() {
    return error;
  }

  public @Nullable String parameter() {
    return parameter;
  }

  public @Nullable Duration retryAfter() {
    return retryAfter;
  }
}

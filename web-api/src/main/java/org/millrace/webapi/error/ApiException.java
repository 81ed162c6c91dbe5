package org.millrace.webapi.error;

import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A refusal as the client sees it. The message names the value and the limit and holds nothing
 * secret.
 */
public final class ApiException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** When a client should come back where the one who refused did not say. */
  private static final Duration RETRY_AFTER_DEFAULT = Duration.ofSeconds(2);

  private final ApiError error;
  private final @Nullable String parameter;
  private final @Nullable Duration retryAfter;

  public ApiException(ApiError error, String message) {
    this(error, message, null, null);
  }

  public ApiException(ApiError error, String message, @Nullable String parameter) {
    this(error, message, parameter, null);
  }

  public ApiException(
      ApiError error, String message, @Nullable String parameter, @Nullable Duration retryAfter) {
    // No stack trace: a refusal is an answer, and a flood of them must stay cheap.
    super(message, null, false, false);
    this.error = error;
    this.parameter = parameter;
    this.retryAfter = retryAfter;
  }

  @Override
  public String getMessage() {
    return Objects.requireNonNull(super.getMessage());
  }

  public ApiError error() {
    return error;
  }

  public @Nullable String parameter() {
    return parameter;
  }

  /** OpenAI's error object, ready to be written. */
  public Map<String, @Nullable Object> body() {
    var inner = new TreeMap<String, @Nullable Object>();
    inner.put("message", getMessage());
    inner.put("type", error.type());
    inner.put("param", parameter);
    inner.put("code", error.code());
    return Map.of("error", inner);
  }

  /** The headers that belong to the status. */
  public Map<String, String> headers() {
    var headers = new TreeMap<String, String>();
    if (error.status() == 401) {
      headers.put("WWW-Authenticate", "Bearer realm=\"millrace\"");
    }
    if (error.status() == 429 || error.status() == 503) {
      var wait = retryAfter == null ? RETRY_AFTER_DEFAULT : retryAfter;
      headers.put("Retry-After", Long.toString(Math.max(1, wait.plusMillis(999).toSeconds())));
    }
    return headers;
  }
}

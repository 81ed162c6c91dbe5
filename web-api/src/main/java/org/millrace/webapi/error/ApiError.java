package org.millrace.webapi.error;

/**
 * Every error this API answers with: its HTTP status and the {@code type} and {@code code} of
 * OpenAI's error object. A code never changes its meaning.
 */
public enum ApiError {
  INVALID_JSON(400, Type.INVALID_REQUEST, "invalid_json"),
  INVALID_TYPE(400, Type.INVALID_REQUEST, "invalid_type"),
  INVALID_VALUE(400, Type.INVALID_REQUEST, "invalid_value"),
  BELOW_MINIMUM(400, Type.INVALID_REQUEST, "below_min_value"),
  ABOVE_MAXIMUM(400, Type.INVALID_REQUEST, "above_max_value"),
  MISSING_PARAMETER(400, Type.INVALID_REQUEST, "missing_required_parameter"),
  UNSUPPORTED_PARAMETER(400, Type.INVALID_REQUEST, "unsupported_parameter"),
  CONTEXT_LENGTH_EXCEEDED(400, Type.INVALID_REQUEST, "context_length_exceeded"),
  KEY_MISSING(401, Type.INVALID_REQUEST, "missing_api_key"),
  KEY_INVALID(401, Type.INVALID_REQUEST, "invalid_api_key"),
  TOKEN_INVALID(401, Type.INVALID_REQUEST, "invalid_token"),
  INSUFFICIENT_CREDIT(402, "insufficient_quota", "insufficient_credit"),
  FORBIDDEN(403, Type.PERMISSION, "forbidden"),
  TENANT_SUSPENDED(403, Type.PERMISSION, "tenant_suspended"),
  MODEL_NOT_FOUND(404, Type.INVALID_REQUEST, "model_not_found"),
  NOT_FOUND(404, Type.INVALID_REQUEST, "not_found"),
  UNKNOWN_URL(404, Type.INVALID_REQUEST, "unknown_url"),
  METHOD_NOT_ALLOWED(405, Type.INVALID_REQUEST, "method_not_allowed"),
  BODY_INCOMPLETE(400, Type.INVALID_REQUEST, "incomplete_body"),
  BODY_TOO_SLOW(408, Type.INVALID_REQUEST, "request_timeout"),
  MODEL_BUSY(409, Type.INVALID_REQUEST, "model_busy"),
  NAME_TAKEN(409, Type.INVALID_REQUEST, "name_taken"),
  IDEMPOTENCY_CONFLICT(409, Type.IDEMPOTENCY, "idempotency_conflict"),
  IDEMPOTENCY_IN_PROGRESS(409, Type.IDEMPOTENCY, "idempotency_in_progress"),
  IDEMPOTENCY_FINISHED(409, Type.IDEMPOTENCY, "idempotency_finished"),
  DUPLICATE_REQUEST(409, Type.IDEMPOTENCY, "duplicate_request"),
  BODY_TOO_LARGE(413, Type.INVALID_REQUEST, "request_too_large"),
  UNSUPPORTED_MEDIA_TYPE(415, Type.INVALID_REQUEST, "unsupported_media_type"),
  RATE_LIMITED(429, "rate_limit_error", "rate_limit_exceeded"),
  REQUEST_CANCELLED(500, Type.SERVER, "request_cancelled"),
  ENGINE_FAILED(500, Type.SERVER, "engine_failed"),
  INTERNAL(500, Type.SERVER, "internal_error"),
  QUEUE_FULL(503, Type.UNAVAILABLE, "queue_full"),
  DEADLINE_EXCEEDED(503, Type.UNAVAILABLE, "deadline_exceeded"),
  SHUTTING_DOWN(503, Type.UNAVAILABLE, "shutting_down"),
  MODEL_UNAVAILABLE(503, Type.UNAVAILABLE, "model_unavailable"),
  BILLING_UNAVAILABLE(503, Type.UNAVAILABLE, "billing_unavailable"),
  UNAVAILABLE(503, Type.UNAVAILABLE, "service_unavailable");

  private final int status;
  private final String type;
  private final String code;

  ApiError(int status, String type, String code) {
    this.status = status;
    this.type = type;
    this.code = code;
  }

  public int status() {
    return status;
  }

  public String type() {
    return type;
  }

  public String code() {
    return code;
  }

  /** OpenAI's types that several errors share. */
  private static final class Type {
    static final String INVALID_REQUEST = "invalid_request_error";
    static final String PERMISSION = "permission_error";
    static final String IDEMPOTENCY = "idempotency_error";
    static final String SERVER = "server_error";
    static final String UNAVAILABLE = "service_unavailable_error";
  }
}

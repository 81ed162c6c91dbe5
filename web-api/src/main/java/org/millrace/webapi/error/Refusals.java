package org.millrace.webapi.error;

import jakarta.ejb.EJBException;
import java.lang.System.Logger.Level;
import org.millrace.billing.api.BillingException;
import org.millrace.serving.api.ServingError;
import org.millrace.serving.api.ServingException;
import org.millrace.tenancy.api.TenancyException;

/**
 * Turns what other rooms throw into an error of this API. What is not a refusal becomes a 500 that
 * says nothing of the inside.
 */
public final class Refusals {
  private static final System.Logger LOG = System.getLogger(Refusals.class.getName());

  private Refusals() {}

  public static ApiException toApi(Throwable thrown, String requestId) {
    return switch (thrown) {
      case ApiException refusal -> refusal;
      case ServingException refusal ->
          new ApiException(
              of(refusal.error()), text(refusal), refusal.parameter(), refusal.retryAfter());
      case TenancyException refusal -> new ApiException(of(refusal), text(refusal));
      case BillingException refusal -> new ApiException(of(refusal), text(refusal));
      case EJBException wrapped
          when wrapped.getCausedByException() != null && wrapped.getCausedByException() != thrown ->
          toApi(wrapped.getCausedByException(), requestId);
      default -> internal(thrown, requestId);
    };
  }

  /** The error for a request that failed after it was admitted. */
  public static ApiException toApi(ServingError error, String message) {
    return new ApiException(of(error), message);
  }

  private static ApiException internal(Throwable thrown, String requestId) {
    LOG.log(Level.ERROR, "request " + requestId + " failed", thrown);
    return new ApiException(
        ApiError.INTERNAL,
        "The server failed to answer. Give this request id to its operators: " + requestId);
  }

  private static String text(Exception refusal) {
    var message = refusal.getMessage();
    return message == null ? "refused" : message;
  }

  private static ApiError of(ServingError error) {
    return switch (error) {
      case MODEL_NOT_FOUND -> ApiError.MODEL_NOT_FOUND;
      case INVALID_PARAMETER -> ApiError.INVALID_VALUE;
      case CONTEXT_LENGTH_EXCEEDED -> ApiError.CONTEXT_LENGTH_EXCEEDED;
      case RATE_LIMITED -> ApiError.RATE_LIMITED;
      case QUEUE_FULL -> ApiError.QUEUE_FULL;
      case DEADLINE_EXCEEDED -> ApiError.DEADLINE_EXCEEDED;
      case INSUFFICIENT_CREDIT -> ApiError.INSUFFICIENT_CREDIT;
      case SHUTTING_DOWN -> ApiError.SHUTTING_DOWN;
      case ENGINE_FAILED -> ApiError.ENGINE_FAILED;
      case MODEL_UNAVAILABLE -> ApiError.MODEL_UNAVAILABLE;
      case MODEL_BUSY -> ApiError.MODEL_BUSY;
      case BILLING_UNAVAILABLE -> ApiError.BILLING_UNAVAILABLE;
      case DUPLICATE_REQUEST -> ApiError.DUPLICATE_REQUEST;
    };
  }

  private static ApiError of(TenancyException refusal) {
    return switch (refusal.error()) {
      case KEY_MISSING -> ApiError.KEY_MISSING;
      case KEY_INVALID, KEY_REVOKED -> ApiError.KEY_INVALID;
      case TENANT_SUSPENDED -> ApiError.TENANT_SUSPENDED;
      case NOT_FOUND -> ApiError.NOT_FOUND;
      case NAME_TAKEN -> ApiError.NAME_TAKEN;
      case INVALID_VALUE -> ApiError.INVALID_VALUE;
      case FORBIDDEN -> ApiError.FORBIDDEN;
      case UNAVAILABLE -> ApiError.UNAVAILABLE;
    };
  }

  private static ApiError of(BillingException refusal) {
    return switch (refusal.error()) {
      case INSUFFICIENT_CREDIT -> ApiError.INSUFFICIENT_CREDIT;
      case UNKNOWN_HOLD, NOT_FOUND -> ApiError.NOT_FOUND;
      case HOLD_ENDED, DUPLICATE_REQUEST -> ApiError.DUPLICATE_REQUEST;
      case INVALID_VALUE -> ApiError.INVALID_VALUE;
      case FORBIDDEN -> ApiError.FORBIDDEN;
      // Without a price nothing can be sold; that is the operator's to mend, not the client's.
      case NO_PRICE, UNAVAILABLE -> ApiError.BILLING_UNAVAILABLE;
    };
  }
}

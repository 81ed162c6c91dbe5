package org.millrace.serving.admission;

import org.millrace.serving.api.ServingError;
import org.millrace.serving.api.ServingException;

/** The refusals that more than one check makes. */
final class Refusals {
  private Refusals() {}

  static ServingException invalid(String parameter, String message) {
    return new ServingException(ServingError.INVALID_PARAMETER, message, parameter, null);
  }

  static ServingException tooLong(String parameter, String message) {
    return new ServingException(ServingError.CONTEXT_LENGTH_EXCEEDED, message, parameter, null);
  }

  /** Keeps what a caller sent out of long error messages. */
  static String shortened(String text) {
    return text.length() <= 60 ? text : text.substring(0, 60) + "...";
  }
}

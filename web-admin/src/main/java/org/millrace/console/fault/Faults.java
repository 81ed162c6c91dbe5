package org.millrace.console.fault;

import jakarta.servlet.RequestDispatcher;
import jakarta.servlet.http.HttpServletRequest;
import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/** Gives a failure a short reference and writes it to the log with its cause. */
final class Faults {
  private static final System.Logger LOG = System.getLogger(Faults.class.getName());
  static final String REFERENCE = "millrace.console.reference";

  private Faults() {}

  /** The request's reference; the first call logs. */
  static String report(HttpServletRequest request, @Nullable Throwable cause) {
    if (request.getAttribute(REFERENCE) instanceof String known) {
      return known;
    }
    String reference = HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextInt());
    request.setAttribute(REFERENCE, reference);
    Object path = request.getAttribute(RequestDispatcher.ERROR_REQUEST_URI);
    LOG.log(
        // Without a cause nothing failed: the address was wrong, or the role.
        cause == null ? System.Logger.Level.INFO : System.Logger.Level.ERROR,
        "console "
            + (cause == null ? "refusal " : "failure ")
            + reference
            + " at "
            + (path == null ? request.getRequestURI() : path),
        cause);
    return reference;
  }
}

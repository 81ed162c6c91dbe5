package org.millrace.console.fault;

import jakarta.enterprise.context.RequestScoped;
import jakarta.inject.Inject;
import jakarta.inject.Named;
import jakarta.servlet.RequestDispatcher;
import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;
import org.millrace.console.session.NotAllowedException;

/** What the error pages show. */
@Named
@RequestScoped
public class ErrorPage {
  @Inject HttpServletRequest request;

  /**
   * Finds the failure in the server's log; a failure that came by redirect brings its reference
   * along.
   */
  public String getReference() {
    String handedOver = request.getParameter("ref");
    if (handedOver != null && handedOver.matches("[0-9a-f]{8}")) {
      return handedOver;
    }
    return Faults.report(request, cause());
  }

  /** Why it was refused, where a bean said so. */
  public @Nullable String getRefusal() {
    return rootOf(cause()) instanceof NotAllowedException refused ? refused.getMessage() : null;
  }

  private @Nullable Throwable cause() {
    return (Throwable) request.getAttribute(RequestDispatcher.ERROR_EXCEPTION);
  }

  static @Nullable Throwable rootOf(@Nullable Throwable failure) {
    Throwable root = failure;
    while (root != null && root.getCause() != null && root.getCause() != root) {
      root = root.getCause();
    }
    return root;
  }
}

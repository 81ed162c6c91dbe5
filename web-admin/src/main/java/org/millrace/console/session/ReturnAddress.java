package org.millrace.console.session;

import jakarta.servlet.http.HttpServletRequest;
import java.net.URI;
import java.net.URISyntaxException;
import org.jspecify.annotations.Nullable;

/**
 * The address of the page that a request is for, to send a person back to. Put together from what
 * the container has mapped: an address as it was sent ({@code //elsewhere/../console/usage}) could
 * lead out of this console.
 */
public final class ReturnAddress {
  private ReturnAddress() {}

  public static String of(HttpServletRequest request) {
    String query = request.getQueryString();
    String page = encoded(request.getContextPath() + path(request));
    return query == null ? page : page + "?" + query;
  }

  /** The page within the console, decoded and made plain: {@code /usage}. */
  static String path(HttpServletRequest request) {
    String rest = request.getPathInfo();
    return request.getServletPath() + (rest == null ? "" : rest);
  }

  private static String encoded(String path) {
    try {
      @Nullable String none = null;
      return new URI(none, none, path, none).toASCIIString();
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException("no address has this path: " + path, e);
    }
  }
}

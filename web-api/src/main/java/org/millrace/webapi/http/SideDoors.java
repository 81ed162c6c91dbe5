package org.millrace.webapi.http;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.annotation.WebFilter;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Set;
import java.util.concurrent.Semaphore;
import org.millrace.webapi.error.ApiError;
import org.millrace.webapi.error.ApiException;

/**
 * Bounds what the container answers by itself beside the API. It does so on the server's HTTP
 * threads, which the API needs to take requests in; the API's own answers are written on threads of
 * {@link FrontServlet}. So these addresses are only read, for the container would wait for a form's
 * body, and those that are long enough to wait for a slow reader by a few clients at one time.
 */
@WebFilter(
    urlPatterns = {
      SideDoors.HEALTH,
      SideDoors.HEALTH + "/*",
      "/metrics",
      "/metrics/*",
      "/openapi",
      "/openapi/*"
    },
    asyncSupported = true)
public class SideDoors extends HttpFilter {
  private static final long serialVersionUID = 1L;
  static final String HEALTH = "/health";
  static final int AT_ONCE_MAX = 16;
  private static final Set<String> READING = Set.of("GET", "HEAD", "OPTIONS");

  private final transient Semaphore places = new Semaphore(AT_ONCE_MAX);

  @Override
  protected void doFilter(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    if (!READING.contains(request.getMethod())) {
      response.setHeader("Allow", "GET, HEAD, OPTIONS");
      refuse(response, ApiError.METHOD_NOT_ALLOWED, "This address is only read; use GET.");
    } else if (request.getServletPath().equals(HEALTH)) {
      // Short, and never refused: who is refused here is taken for dead.
      chain.doFilter(request, response);
    } else if (places.tryAcquire()) {
      try {
        chain.doFilter(request, response);
      } finally {
        places.release();
      }
    } else {
      refuse(
          response,
          ApiError.UNAVAILABLE,
          "%d clients are reading this already, which is the limit; try again soon."
              .formatted(AT_ONCE_MAX));
    }
  }

  private static void refuse(HttpServletResponse response, ApiError error, String message)
      throws IOException {
    var refusal = Reply.error(new ApiException(error, message));
    refusal.headers().forEach(response::setHeader);
    response.setStatus(refusal.status());
    response.setContentType("application/json");
    response.getOutputStream().write(refusal.body());
  }
}

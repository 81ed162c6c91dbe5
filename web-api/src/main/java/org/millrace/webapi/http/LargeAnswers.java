package org.millrace.webapi.http;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.annotation.WebFilter;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.concurrent.Semaphore;
import org.millrace.webapi.error.ApiError;
import org.millrace.webapi.error.ApiException;

/**
 * Bounds the container's own answers that are long enough to wait for a slow reader. They are
 * written on the server's HTTP threads, which the API needs to take requests in; its own answers
 * are written on threads of {@link FrontServlet}.
 */
@WebFilter(
    urlPatterns = {"/metrics", "/metrics/*", "/openapi", "/openapi/*"},
    asyncSupported = true)
public class LargeAnswers extends HttpFilter {
  private static final long serialVersionUID = 1L;
  static final int AT_ONCE_MAX = 16;

  private final transient Semaphore places = new Semaphore(AT_ONCE_MAX);

  @Override
  protected void doFilter(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    if (!places.tryAcquire()) {
      refuse(response);
      return;
    }
    try {
      chain.doFilter(request, response);
    } finally {
      places.release();
    }
  }

  private static void refuse(HttpServletResponse response) throws IOException {
    var refusal =
        Reply.error(
            new ApiException(
                ApiError.UNAVAILABLE,
                "%d clients are reading this already, which is the limit; try again soon."
                    .formatted(AT_ONCE_MAX)));
    refusal.headers().forEach(response::setHeader);
    response.setStatus(refusal.status());
    response.setContentType("application/json");
    response.getOutputStream().write(refusal.body());
  }
}

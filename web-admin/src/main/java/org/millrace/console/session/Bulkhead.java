package org.millrace.console.session;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.annotation.WebFilter;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.concurrent.Semaphore;

/**
 * Lets the console use half of the server's HTTP threads and no more. A page is written, and a form
 * is read, on one of them; clients that stall in the midst of it must leave threads for the API,
 * which needs one for an instant to take a request in.
 */
@WebFilter("/*")
public class Bulkhead extends HttpFilter {
  private static final long serialVersionUID = 1L;
  static final int AT_ONCE_MAX = 100;
  private static final String RETRY_AFTER_SECONDS = "5";

  private final transient Semaphore places = new Semaphore(AT_ONCE_MAX);

  @Override
  protected void doFilter(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    if (!places.tryAcquire()) {
      // No error page: its writing would need what is spent.
      response.setHeader("Retry-After", RETRY_AFTER_SECONDS);
      response.setStatus(HttpServletResponse.SC_SERVICE_UNAVAILABLE);
      return;
    }
    try {
      chain.doFilter(request, response);
    } finally {
      places.release();
    }
  }
}

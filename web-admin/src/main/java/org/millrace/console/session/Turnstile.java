package org.millrace.console.session;

import static jakarta.interceptor.Interceptor.Priority.APPLICATION;

import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Alternative;
import jakarta.enterprise.inject.Any;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Inject;
import jakarta.security.enterprise.AuthenticationException;
import jakarta.security.enterprise.AuthenticationStatus;
import jakarta.security.enterprise.authentication.mechanism.http.HttpAuthenticationMechanism;
import jakarta.security.enterprise.authentication.mechanism.http.HttpAuthenticationMechanismHandler;
import jakarta.security.enterprise.authentication.mechanism.http.HttpMessageContext;
import jakarta.security.enterprise.identitystore.openid.OpenIdContext;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Lets logins through one at a time, in the order of their coming: the client that the container's
 * mechanism asks Keycloak with breaks where two threads set it up in the same instant ({@code
 * ConcurrentModificationException}). Whoever needs nothing from Keycloak does not wait.
 */
@Alternative
@Priority(APPLICATION)
@ApplicationScoped
public class Turnstile implements HttpAuthenticationMechanismHandler {
  private static final String CALLBACK = "/callback";
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  /** Each who waits holds one of the server's HTTP threads. */
  private static final int WAITING_MAX = 50;

  private static final Set<String> READING = Set.of("GET", "HEAD");

  @Inject @Any Instance<HttpAuthenticationMechanism> mechanism;
  @Inject OpenIdContext openId;

  private final ReentrantLock turn = new ReentrantLock(true);

  @Override
  public AuthenticationStatus validateRequest(
      HttpServletRequest request, HttpServletResponse response, HttpMessageContext context)
      throws AuthenticationException {
    if (request.getUserPrincipal() == null && !READING.contains(request.getMethod())) {
      return sendBack(request, response);
    }
    return asksKeycloak(request)
        ? inTurn(() -> mechanism.get().validateRequest(request, response, context), response)
        : mechanism.get().validateRequest(request, response, context);
  }

  /**
   * A form of somebody whose session has ended: back to its page, by way of the login. Its body is
   * not read, for the mechanism would wait for all of it. An Ajax request cannot follow to
   * Keycloak; the page's script is told where to go instead.
   */
  private static AuthenticationStatus sendBack(
      HttpServletRequest request, HttpServletResponse response) {
    String page = ReturnAddress.of(request);
    if ("partial/ajax".equals(request.getHeader("Faces-Request"))) {
      response.setContentType("text/xml;charset=UTF-8");
      response.setHeader("Cache-Control", "no-store");
      try {
        response.getWriter().print(redirection(page));
      } catch (IOException gone) {
        throw new UncheckedIOException(gone);
      }
    } else {
      response.setStatus(HttpServletResponse.SC_SEE_OTHER);
      response.setHeader("Location", page);
    }
    return AuthenticationStatus.SEND_CONTINUE;
  }

  /** As Faces tells its script to load a page. */
  static String redirection(String page) {
    String attribute =
        page.replace("&", "&amp;")
            .replace("<", "&lt;")
            .replace(">", "&gt;")
            .replace("\"", "&quot;");
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<partial-response><redirect url=\"%s\"/></partial-response>"
        .formatted(attribute);
  }

  private boolean asksKeycloak(HttpServletRequest request) {
    return ReturnAddress.path(request).equals(CALLBACK)
        || (request.getUserPrincipal() != null && isTokenSpent());
  }

  private boolean isTokenSpent() {
    var token = openId.getAccessToken();
    return token == null || token.isExpired();
  }

  /** What is done alone. */
  @FunctionalInterface
  interface Validation {
    AuthenticationStatus run() throws AuthenticationException;
  }

  /** Runs it alone; whoever has waited too long gets a 503 instead. */
  AuthenticationStatus inTurn(Validation validation, HttpServletResponse response)
      throws AuthenticationException {
    if (!hasTurn()) {
      refuse(response);
      return AuthenticationStatus.SEND_FAILURE;
    }
    try {
      return validation.run();
    } finally {
      turn.unlock();
    }
  }

  private boolean hasTurn() {
    try {
      return turn.getQueueLength() < WAITING_MAX
          && turn.tryLock(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException stopping) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private static void refuse(HttpServletResponse response) {
    try {
      response.setHeader("Retry-After", Long.toString(PATIENCE.toSeconds()));
      response.sendError(HttpServletResponse.SC_SERVICE_UNAVAILABLE);
    } catch (IOException gone) {
      throw new UncheckedIOException(gone);
    }
  }

  @Override
  public AuthenticationStatus secureResponse(
      HttpServletRequest request, HttpServletResponse response, HttpMessageContext context)
      throws AuthenticationException {
    return mechanism.get().secureResponse(request, response, context);
  }

  @Override
  public void cleanSubject(
      HttpServletRequest request, HttpServletResponse response, HttpMessageContext context) {
    mechanism.get().cleanSubject(request, response, context);
  }
}

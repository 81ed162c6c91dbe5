package org.millrace.webapi.http;

import static jakarta.interceptor.Interceptor.Priority.APPLICATION;

import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Alternative;
import jakarta.security.enterprise.AuthenticationStatus;
import jakarta.security.enterprise.authentication.mechanism.http.HttpAuthenticationMechanismHandler;
import jakarta.security.enterprise.authentication.mechanism.http.HttpMessageContext;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

/**
 * Keeps the console's login out of this application. The container offers a mechanism that one
 * application of an archive declares to all of them; it asks each request for its parameters, and
 * so waits for a form's body on one of the server's few HTTP threads before anybody has been asked
 * for a key. Who calls is found out by {@link Gate} and by the admin API's tokens.
 */
@Alternative
@Priority(APPLICATION)
@ApplicationScoped
public class NoContainerLogin implements HttpAuthenticationMechanismHandler {
  @Override
  public AuthenticationStatus validateRequest(
      HttpServletRequest request, HttpServletResponse response, HttpMessageContext context) {
    return context.doNothing();
  }
}

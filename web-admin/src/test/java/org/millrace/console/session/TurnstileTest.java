package org.millrace.console.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import jakarta.security.enterprise.AuthenticationException;
import jakarta.security.enterprise.AuthenticationStatus;
import jakarta.servlet.http.HttpServletResponse;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class TurnstileTest {
  private final Turnstile turnstile = new Turnstile();
  private final HttpServletResponse response =
      (HttpServletResponse)
          Proxy.newProxyInstance(
              getClass().getClassLoader(),
              new Class<?>[] {HttpServletResponse.class},
              (_, method, _) -> {
                throw new AssertionError(method + " was not expected");
              });

  @Test
  void twoLoginsAreNeverInsideAtOnce() throws Exception {
    var inside = new AtomicInteger();
    var most = new AtomicInteger();
    Callable<AuthenticationStatus> login =
        () ->
            turnstile.inTurn(
                () -> {
                  most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                  Thread.yield();
                  inside.decrementAndGet();
                  return AuthenticationStatus.SUCCESS;
                },
                response);
    try (var people = Executors.newFixedThreadPool(8)) {
      var logins = new ArrayList<Callable<AuthenticationStatus>>();
      for (int i = 0; i < 200; i++) {
        logins.add(login);
      }
      for (var ended : people.invokeAll(logins)) {
        assertEquals(AuthenticationStatus.SUCCESS, ended.get());
      }
    }
    assertEquals(1, most.get());
  }

  @Test
  void aLoginThatFailsLetsTheNextOneThrough() throws Exception {
    assertThrows(
        AuthenticationException.class,
        () ->
            turnstile.inTurn(
                () -> {
                  throw new AuthenticationException("Keycloak said no");
                },
                response));
    try (var another = Executors.newSingleThreadExecutor()) {
      var next =
          another.submit(() -> turnstile.inTurn(() -> AuthenticationStatus.SUCCESS, response));
      assertEquals(AuthenticationStatus.SUCCESS, next.get());
    }
  }
}

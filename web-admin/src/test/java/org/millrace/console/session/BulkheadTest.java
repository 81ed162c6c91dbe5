package org.millrace.console.session;

import static org.junit.jupiter.api.Assertions.assertEquals;

import jakarta.servlet.FilterChain;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class BulkheadTest {
  private final Bulkhead bulkhead = new Bulkhead();
  private final List<Object> statuses = new ArrayList<>();

  @Test
  void whoComesWhenAllPlacesAreTakenIsSentAwayAtOnce() throws Exception {
    inside(Bulkhead.AT_ONCE_MAX);
    assertEquals(List.of(503), statuses);
    inside(Bulkhead.AT_ONCE_MAX - 1);
    assertEquals(List.of(503), statuses, "the places were given back");
  }

  /** So many requests, each begun within the one before it, and one more at the end. */
  private void inside(int requests) throws Exception {
    FilterChain within = requests == 0 ? (_, _) -> {} : (_, _) -> insideUnchecked(requests - 1);
    bulkhead.doFilter(request(), response(), within);
  }

  private void insideUnchecked(int requests) {
    try {
      inside(requests);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private static HttpServletRequest request() {
    return (HttpServletRequest)
        Proxy.newProxyInstance(
            BulkheadTest.class.getClassLoader(),
            new Class<?>[] {HttpServletRequest.class},
            (_, _, _) -> null);
  }

  private HttpServletResponse response() {
    return (HttpServletResponse)
        Proxy.newProxyInstance(
            getClass().getClassLoader(),
            new Class<?>[] {HttpServletResponse.class},
            (_, method, arguments) ->
                method.getName().equals("setStatus") ? statuses.add(arguments[0]) : null);
  }
}

package org.millrace.webapi.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.ByteArrayOutputStream;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class SideDoorsTest {
  private final SideDoors filter = new SideDoors();
  private final ByteArrayOutputStream body = new ByteArrayOutputStream();
  private final List<Integer> statuses = new ArrayList<>();

  @Test
  void whoComesWhenAllPlacesAreTakenIsToldSoButWhoAsksForHealthIsNot() throws Exception {
    var reading = new CountDownLatch(SideDoors.AT_ONCE_MAX);
    var done = new CountDownLatch(1);
    FilterChain slow =
        (_, _) -> {
          reading.countDown();
          await(done);
        };
    var readers = new ArrayList<Future<?>>();
    try (var threads = Executors.newFixedThreadPool(SideDoors.AT_ONCE_MAX)) {
      for (var i = 0; i < SideDoors.AT_ONCE_MAX; i++) {
        readers.add(
            threads.submit(() -> {
              filter.doFilter(get("/metrics"), response(), slow);
              return null;
            }));
      }
      reading.await();
      filter.doFilter(get("/metrics"), response(), (_, _) -> statuses.add(200));
      filter.doFilter(get("/health"), response(), (_, _) -> statuses.add(200));
      done.countDown();
      for (var reader : readers) {
        reader.get();
      }
    }
    filter.doFilter(get("/metrics"), response(), (_, _) -> statuses.add(200));
    assertEquals(List.of(503, 200, 200), statuses);
    assertTrue(body.toString().contains("\"code\":\"service_unavailable\""), body.toString());
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void aFormIsRefusedBeforeItsBodyIsWaitedFor() throws Exception {
    filter.doFilter(request("POST", "/health"), response(), (_, _) -> statuses.add(200));
    assertEquals(List.of(405), statuses);
    assertTrue(body.toString().contains("\"code\":\"method_not_allowed\""), body.toString());
  }

  private static HttpServletRequest get(String path) {
    return request("GET", path);
  }

  private static HttpServletRequest request(String verb, String path) {
    return (HttpServletRequest)
        Proxy.newProxyInstance(
            SideDoorsTest.class.getClassLoader(),
            new Class<?>[] {HttpServletRequest.class},
            (_, method, _) ->
                switch (method.getName()) {
                  case "getMethod" -> verb;
                  case "getServletPath" -> path;
                  default -> throw new AssertionError(method + " was not expected");
                });
  }

  private HttpServletResponse response() {
    return (HttpServletResponse)
        Proxy.newProxyInstance(
            getClass().getClassLoader(),
            new Class<?>[] {HttpServletResponse.class},
            (_, method, arguments) -> {
              if (method.getName().equals("setStatus")) {
                statuses.add((Integer) arguments[0]);
              }
              return method.getName().equals("getOutputStream") ? sink() : null;
            });
  }

  private ServletOutputStream sink() {
    return new ServletOutputStream() {
      @Override
      public boolean isReady() {
        return true;
      }

      @Override
      public void setWriteListener(WriteListener listener) {
        throw new UnsupportedOperationException();
      }

      @Override
      public void write(int octet) {
        body.write(octet);
      }
    };
  }
}

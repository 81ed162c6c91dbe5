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

class LargeAnswersTest {
  private final LargeAnswers filter = new LargeAnswers();
  private final ByteArrayOutputStream body = new ByteArrayOutputStream();
  private final List<Integer> statuses = new ArrayList<>();

  @Test
  void whoComesWhenAllPlacesAreTakenIsToldSoAndNobodyElseIs() throws Exception {
    var reading = new CountDownLatch(LargeAnswers.AT_ONCE_MAX);
    var done = new CountDownLatch(1);
    FilterChain slow =
        (_, _) -> {
          reading.countDown();
          await(done);
        };
    var readers = new ArrayList<Future<?>>();
    try (var threads = Executors.newFixedThreadPool(LargeAnswers.AT_ONCE_MAX)) {
      for (var i = 0; i < LargeAnswers.AT_ONCE_MAX; i++) {
        readers.add(
            threads.submit(() -> {
              filter.doFilter(request(), response(), slow);
              return null;
            }));
      }
      reading.await();
      filter.doFilter(request(), response(), (_, _) -> statuses.add(200));
      done.countDown();
      for (var reader : readers) {
        reader.get();
      }
    }
    filter.doFilter(request(), response(), (_, _) -> statuses.add(200));
    assertEquals(List.of(503, 200), statuses);
    assertTrue(body.toString().contains("\"code\":\"service_unavailable\""), body.toString());
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static HttpServletRequest request() {
    return (HttpServletRequest)
        Proxy.newProxyInstance(
            LargeAnswersTest.class.getClassLoader(),
            new Class<?>[] {HttpServletRequest.class},
            (_, _, _) -> null);
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

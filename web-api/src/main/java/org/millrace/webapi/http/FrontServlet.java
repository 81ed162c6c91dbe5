package org.millrace.webapi.http;

import jakarta.annotation.Resource;
import jakarta.enterprise.concurrent.ManagedThreadFactory;
import jakarta.enterprise.concurrent.ManagedThreadFactoryDefinition;
import jakarta.inject.Inject;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.RequestDispatcher;
import jakarta.servlet.annotation.WebServlet;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.millrace.webapi.error.ApiError;
import org.millrace.webapi.error.ApiException;
import org.millrace.webapi.error.Refusals;

/**
 * Where every HTTP request of this application comes in. Each one gets a thread of its own, so that
 * slow clients and long streams hold none of the server's few HTTP threads.
 *
 * <p>Platform threads, not virtual ones: below the EJBs the server loads classes under a lock of
 * the application's class loader. A virtual thread that gave up its carrier while it held that lock
 * never gets one back when each carrier is pinned by another that waits, in the virtual machine,
 * for the same lock; on two cores two such waiters are enough to stop everything.
 */
@WebServlet(urlPatterns = "/*", asyncSupported = true, loadOnStartup = 1)
@SuppressWarnings("NullAway.Init") // the container injects, and calls init before service
@ManagedThreadFactoryDefinition(name = "java:module/concurrent/exchanges")
public class FrontServlet extends HttpServlet {
  private static final long serialVersionUID = 1L;
  private static final System.Logger LOG = System.getLogger(FrontServlet.class.getName());
  private static final long IDLE_THREAD_SECONDS = 30;

  @Resource(lookup = "java:module/concurrent/exchanges")
  private transient ManagedThreadFactory factory;

  @Inject private transient Router router;
  @Inject private transient CommonHeaders commonHeaders;
  @Inject private transient HttpLimits limits;

  private transient Semaphore open;
  private transient TcpTable connections;
  private transient ExecutorService threads;

  @Override
  public void init() {
    open = new Semaphore(limits.openRequestsMax());
    connections = TcpTable.ofSystem();
    // Bounded by the places in open: one is taken before a thread is asked for.
    threads =
        new ThreadPoolExecutor(
            0,
            Integer.MAX_VALUE,
            IDLE_THREAD_SECONDS,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            factory);
  }

  @Override
  public void destroy() {
    threads.shutdown();
  }

  @Override
  protected void service(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    var startedNanos = System.nanoTime();
    var call = ServletCalls.of(request);
    if (request.getDispatcherType() == DispatcherType.ERROR) {
      write(call, response, startedNanos, Reply.error(containersRefusal(request)));
      return;
    }
    if (!open.tryAcquire()) {
      write(call, response, startedNanos, Reply.error(full()));
      return;
    }
    call.watch(
        connections.closedBy(
            request.getLocalAddr(),
            request.getLocalPort(),
            request.getRemoteAddr(),
            request.getRemotePort()));
    var async = request.startAsync();
    // The limits on a request's time are the body's and serving's, each with its own error.
    async.setTimeout(0);
    threads.execute(() -> exchange(call, async, startedNanos));
  }

  private void exchange(Call call, AsyncContext async, long startedNanos) {
    Reply reply = Reply.error(new ApiException(ApiError.INTERNAL, "The server failed to answer."));
    try {
      reply = router.answer(call);
      write(call, (HttpServletResponse) async.getResponse(), startedNanos, reply);
    } catch (IOException e) {
      LOG.log(Level.DEBUG, () -> "client of " + call.requestId() + " is gone: " + e.getMessage());
    } catch (RuntimeException e) {
      LOG.log(Level.ERROR, "request " + call.requestId() + " could not be answered", e);
    } finally {
      // Closed before its place is free: a stream that nobody reads any more must not run on
      // uncounted.
      close(reply);
      open.release();
      complete(async);
    }
  }

  private void write(Call call, HttpServletResponse response, long startedNanos, Reply reply)
      throws IOException {
    commonHeaders(call, startedNanos).forEach(response::setHeader);
    reply.headers().forEach(response::setHeader);
    response.setStatus(reply.status());
    switch (reply) {
      case Reply.Whole whole -> writeWhole(call, response, whole);
      case Reply.Events events -> writeEvents(response, events);
    }
  }

  /** An answer must not fail because what it says about rates is not to be had. */
  private Map<String, String> commonHeaders(Call call, long startedNanos) {
    try {
      return commonHeaders.of(call, startedNanos);
    } catch (RuntimeException e) {
      Refusals.toApi(e, call.requestId());
      return Map.of("x-request-id", call.requestId(), "Cache-Control", "no-store");
    }
  }

  private static void writeWhole(Call call, HttpServletResponse response, Reply.Whole whole)
      throws IOException {
    if (whole.body().length > 0) {
      response.setContentType("application/json");
    }
    response.setContentLength(whole.body().length);
    if (!call.method().equals("HEAD")) {
      response.getOutputStream().write(whole.body());
    }
    response.getOutputStream().flush();
  }

  private static void writeEvents(HttpServletResponse response, Reply.Events events)
      throws IOException {
    response.setContentType("text/event-stream;charset=utf-8");
    try {
      events.source().writeTo(response.getOutputStream());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void close(Reply reply) {
    try {
      if (reply instanceof Reply.Events events) {
        events.source().close();
      }
    } catch (RuntimeException e) {
      LOG.log(Level.ERROR, "a stream could not be closed", e);
    }
  }

  private static void complete(AsyncContext async) {
    try {
      async.complete();
    } catch (IllegalStateException e) {
      LOG.log(Level.DEBUG, "the container had ended the exchange already", e);
    }
  }

  /** Of a request that the container refuses before it gets here: it serves no file of its own. */
  private static ApiException containersRefusal(HttpServletRequest request) {
    return Integer.valueOf(404).equals(request.getAttribute(RequestDispatcher.ERROR_STATUS_CODE))
        ? new ApiException(
            ApiError.UNKNOWN_URL, "Unknown request URL. The API is described at /openapi.")
        : new ApiException(ApiError.INTERNAL, "The server failed to answer.");
  }

  private ApiException full() {
    return new ApiException(
        ApiError.QUEUE_FULL,
        "The server has %d open requests, which is its limit; try again soon."
            .formatted(limits.openRequestsMax()));
  }
}

package org.millrace.webapi.http;

import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import org.millrace.webapi.error.ApiError;
import org.millrace.webapi.error.ApiException;
import org.millrace.webapi.error.Refusals;

/** Finds the handler of a call. Immutable. */
public final class Router {
  private final List<Route> routes;

  public Router(List<Route> routes) {
    this.routes = List.copyOf(routes);
  }

  public List<Route> routes() {
    return routes;
  }

  /** Never throws: what goes wrong becomes an error's reply. */
  public Reply answer(Call call) {
    try {
      return route(call).handler().handle(call);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Reply.error(
          new ApiException(ApiError.SHUTTING_DOWN, "The server is shutting down; try again."));
    } catch (Exception | Error e) {
      // Also of what should not happen: a client left without an answer would wait for ever.
      var refusal = Refusals.toApi(e, call.requestId());
      var reply = Reply.error(refusal);
      return refusal.error() == ApiError.METHOD_NOT_ALLOWED
          ? reply.with("Allow", String.join(", ", methods(call.path())))
          : reply;
    }
  }

  private SortedSet<String> methods(String path) {
    var methods = new TreeSet<String>();
    for (var route : routes) {
      if (route.match(path).isPresent()) {
        methods.add(route.method());
      }
    }
    if (methods.contains("GET")) {
      methods.add("HEAD");
    }
    return methods;
  }

  private Route route(Call call) {
    // HEAD is a GET whose body the container leaves away.
    var method = call.method().equals("HEAD") ? "GET" : call.method();
    for (var route : routes) {
      var values = route.match(call.path());
      if (values.isPresent() && route.method().equals(method)) {
        call.matched(values.get());
        return route;
      }
    }
    var methods = methods(call.path());
    if (methods.isEmpty()) {
      throw new ApiException(
          ApiError.UNKNOWN_URL,
          "Unknown request URL: %s %s. The API is described at /openapi."
              .formatted(call.method(), shortened(call.path())));
    }
    throw new ApiException(
        ApiError.METHOD_NOT_ALLOWED,
        "%s is not allowed on %s; use %s."
            .formatted(call.method(), shortened(call.path()), String.join(" or ", methods)));
  }

  private static String shortened(String path) {
    return path.length() <= 200 ? path : path.substring(0, 200) + "...";
  }
}

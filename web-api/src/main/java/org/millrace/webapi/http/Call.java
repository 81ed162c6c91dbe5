package org.millrace.webapi.http;

import java.io.InputStream;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.millrace.tenancy.api.Caller;
import org.millrace.webapi.error.ApiError;
import org.millrace.webapi.error.ApiException;

/** One HTTP request as a handler sees it. Used by one thread. */
public final class Call {
  private final String method;
  private final String path;
  private final Function<String, @Nullable String> headers;
  private final Map<String, String> query;
  private final InputStream input;
  private String requestId;
  private Map<String, String> pathValues = Map.of();
  private @Nullable Caller caller;
  private BooleanSupplier clientGone = () -> false;

  /**
   * @param headers a header's value by its name, in any case
   * @param query decoded parameters of the query string
   */
  public Call(
      String method,
      String path,
      Function<String, @Nullable String> headers,
      Map<String, String> query,
      InputStream input) {
    this.method = method;
    this.path = path;
    this.headers = headers;
    this.query = query;
    this.input = input;
    this.requestId = RequestIds.fresh();
  }

  /** What the client sees as {@code x-request-id}, and the id of hold and usage record. */
  public String requestId() {
    return requestId;
  }

  /** Takes another id: the one that an idempotency key stands for. */
  public void useRequestId(String id) {
    requestId = id;
  }

  public String method() {
    return method;
  }

  public String path() {
    return path;
  }

  public @Nullable String header(String name) {
    return headers.apply(name);
  }

  public Optional<String> query(String name) {
    return Optional.ofNullable(query.get(name)).filter(value -> !value.isEmpty());
  }

  /** A number of the query string within {@code [min, max]}. */
  public int query(String name, int otherwise, int min, int max) {
    var text = query(name).orElse(Integer.toString(otherwise));
    if (!text.matches("-?\\d{1,9}")
        || Integer.parseInt(text) < min
        || Integer.parseInt(text) > max) {
      throw new ApiException(
          ApiError.INVALID_VALUE,
          "Invalid '%s': '%s' is not a whole number of %d to %d.".formatted(name, text, min, max),
          name);
    }
    return Integer.parseInt(text);
  }

  /** What stands in the place of {@code {name}} in the route. */
  public String pathValue(String name) {
    var value = pathValues.get(name);
    if (value == null) {
      throw new IllegalArgumentException("the route has no {" + name + "}");
    }
    return value;
  }

  /** The id in the place of {@code {name}}; what is no id names nothing. */
  public UUID pathId(String name) {
    try {
      return UUID.fromString(pathValue(name));
    } catch (IllegalArgumentException e) {
      throw new ApiException(
          ApiError.NOT_FOUND, "There is no %s '%s'.".formatted(name, pathValue(name)), name);
    }
  }

  /** Whether the client is known to have closed its connection. */
  public boolean isClientGone() {
    return clientGone.getAsBoolean();
  }

  /** Where to ask whether the client has closed its connection. */
  public void watch(BooleanSupplier gone) {
    clientGone = gone;
  }

  void matched(Map<String, String> values) {
    pathValues = values;
  }

  public InputStream input() {
    return input;
  }

  /** Who calls, once the key is checked. */
  public Optional<Caller> caller() {
    return Optional.ofNullable(caller);
  }

  public void authenticated(Caller who) {
    caller = who;
  }
}

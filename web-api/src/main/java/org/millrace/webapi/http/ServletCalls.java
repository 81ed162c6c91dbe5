package org.millrace.webapi.http;

import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Makes a {@link Call} of a servlet request. Headers are copied, because the container recycles
 * them with the connection.
 */
final class ServletCalls {
  private static final int QUERY_PARAMETERS_MAX = 100;

  private ServletCalls() {}

  static Call of(HttpServletRequest request) throws IOException {
    var headers = new TreeMap<String, String>(String.CASE_INSENSITIVE_ORDER);
    for (var name : Collections.list(request.getHeaderNames())) {
      headers.put(name, request.getHeader(name));
    }
    return new Call(
        request.getMethod().toUpperCase(Locale.ROOT),
        decoded(request.getRequestURI().substring(request.getContextPath().length()), false),
        headers::get,
        query(request.getQueryString()),
        request.getInputStream());
  }

  /** Read here and not by {@code getParameter}, which would eat the body of a form. */
  static Map<String, String> query(@Nullable String text) {
    var query = new HashMap<String, String>();
    if (text == null) {
      return query;
    }
    for (var pair : text.split("&", QUERY_PARAMETERS_MAX)) {
      var at = pair.indexOf('=');
      var name = at < 0 ? pair : pair.substring(0, at);
      query.put(decoded(name, true), at < 0 ? "" : decoded(pair.substring(at + 1), true));
    }
    return query;
  }

  private static String decoded(String text, boolean form) {
    try {
      return URLDecoder.decode(form ? text : text.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      // A broken escape names nothing; the route is then not found.
      return text;
    }
  }
}

package org.millrace.console.page;

import jakarta.enterprise.context.RequestScoped;
import jakarta.inject.Inject;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Optional;

/** The request's own parameters: what a link says, or a form carries along in a hidden input. */
@RequestScoped
public class Parameters {
  @Inject HttpServletRequest request;

  Optional<String> get(String name) {
    return Optional.ofNullable(request.getParameter(name))
        .map(String::strip)
        .filter(v -> !v.isEmpty());
  }

  /**
   * Where clients reach this server: {@code https://host[:port]}, as the person's browser reached
   * it.
   */
  String serverUrl() {
    String url = request.getRequestURL().toString();
    int path = url.indexOf('/', url.indexOf("://") + 3);
    return path < 0 ? url : url.substring(0, path);
  }
}

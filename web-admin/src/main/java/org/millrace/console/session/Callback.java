package org.millrace.console.session;

import jakarta.inject.Inject;
import jakarta.security.enterprise.authentication.mechanism.http.openid.OpenIdConstant;
import jakarta.security.enterprise.identitystore.openid.OpenIdContext;
import jakarta.servlet.annotation.WebServlet;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Optional;

/** Where Keycloak sends a person back to: on to the page that was asked for in the first place. */
@WebServlet("/callback")
public class Callback extends HttpServlet {
  private static final long serialVersionUID = 1L;

  @Inject transient OpenIdContext openId;

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    if (request.getUserPrincipal() == null) {
      response.sendRedirect(request.getContextPath() + "/signed-out");
      return;
    }
    // A session that existed before login must not be known to anyone else after it.
    request.changeSessionId();
    Optional<String> original =
        openId.getStoredValue(request, response, OpenIdConstant.ORIGINAL_REQUEST);
    response.sendRedirect(pageToOpen(original, request.getContextPath()));
  }

  /**
   * Only a page of this console is returned to; anything else, a callback or a resource leads home.
   */
  static String pageToOpen(Optional<String> original, String contextPath) {
    String home = contextPath + "/";
    return original
        .flatMap(Callback::pathAndQuery)
        .filter(p -> isPage(p, contextPath))
        .orElse(home);
  }

  private static boolean isPage(String path, String contextPath) {
    return path.startsWith(contextPath + "/")
        && !path.startsWith(contextPath + "/callback")
        && !path.startsWith(contextPath + "/sign")
        && !path.startsWith(contextPath + "/error")
        && !path.startsWith(contextPath + "/jakarta.faces.resource");
  }

  private static Optional<String> pathAndQuery(String url) {
    try {
      URI uri = new URI(url);
      String query = uri.getRawQuery();
      return Optional.ofNullable(uri.getRawPath()).map(p -> query == null ? p : p + "?" + query);
    } catch (URISyntaxException e) {
      return Optional.empty();
    }
  }
}

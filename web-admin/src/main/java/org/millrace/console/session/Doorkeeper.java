package org.millrace.console.session;

import jakarta.inject.Inject;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.annotation.WebFilter;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Lets each page be seen by the roles it is for. That somebody is logged in at all is the
 * container's business (web.xml).
 */
@WebFilter("/*")
public class Doorkeeper extends HttpFilter {
  private static final long serialVersionUID = 1L;
  private static final Map<String, Permission> NEEDED =
      Map.of(
          "/overview", Permission.SEE_PLATFORM,
          "/tenants", Permission.SEE_PLATFORM,
          "/audit", Permission.SEE_AUDIT);
  private static final Set<String> FOR_EVERYONE =
      Set.of("/callback", "/signed-out", "/sign-out", "/favicon.svg");

  @Inject transient Visitor visitor;

  @Override
  protected void doFilter(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    String page = page(ReturnAddress.path(request));
    if (isOpen(page)) {
      chain.doFilter(request, response);
    } else if (!visitor.isWelcome()) {
      response.setStatus(HttpServletResponse.SC_FORBIDDEN);
      request.getRequestDispatcher("/no-role.xhtml").forward(request, response);
    } else if (needed(page).filter(p -> !visitor.may(p)).isPresent()) {
      response.sendError(HttpServletResponse.SC_FORBIDDEN);
    } else {
      chain.doFilter(request, response);
    }
  }

  /**
   * The page's name, of the path as the container has mapped it: as it was sent it can be written
   * in ways ({@code /%74enants}, {@code /tenants;x}) that lead to the page and are not its name.
   */
  static String page(String path) {
    String withoutExtension = path.endsWith(".xhtml") ? path.substring(0, path.length() - 6) : path;
    return withoutExtension.isEmpty() ? "/" : withoutExtension;
  }

  static boolean isOpen(String page) {
    return FOR_EVERYONE.contains(page) || page.startsWith("/jakarta.faces.resource/");
  }

  static Optional<Permission> needed(String page) {
    return Optional.ofNullable(NEEDED.get(page));
  }
}

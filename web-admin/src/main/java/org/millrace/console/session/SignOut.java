package org.millrace.console.session;

import jakarta.servlet.ServletException;
import jakarta.servlet.annotation.WebServlet;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;

/** Ends the session here and at Keycloak. */
@WebServlet("/sign-out")
public class SignOut extends HttpServlet {
  private static final long serialVersionUID = 1L;

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response)
      throws ServletException, IOException {
    // Another site must not be able to sign a person out by a link or an image.
    String site = request.getHeader("Sec-Fetch-Site");
    if (site != null && !site.equals("same-origin") && !site.equals("none")) {
      response.sendRedirect(request.getContextPath() + "/");
      return;
    }
    request.logout();
    if (!response.isCommitted()) {
      response.sendRedirect(request.getContextPath() + "/signed-out");
    }
  }
}

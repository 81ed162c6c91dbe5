package org.millrace.console.session;

import jakarta.inject.Inject;
import jakarta.servlet.annotation.WebServlet;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;

/** Where a person starts: the overview, or for a tenant-admin their tenant. */
@WebServlet("/home")
public class Home extends HttpServlet {
  private static final long serialVersionUID = 1L;

  @Inject transient Visitor visitor;

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    String page = visitor.isPlatformWide() ? "/overview" : "/tenant";
    response.sendRedirect(request.getContextPath() + page);
  }
}

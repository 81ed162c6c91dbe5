package org.millrace.console.page;

import jakarta.inject.Inject;
import jakarta.servlet.annotation.WebServlet;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.List;
import java.util.stream.Collectors;
import org.millrace.billing.api.UsageRecords.DailyUsage;

/** What the usage page shows, as a file: one line per day, tenant and model, with exact amounts. */
@WebServlet("/usage.csv")
public class UsageExport extends HttpServlet {
  private static final long serialVersionUID = 1L;
  private static final String HEADER =
      "day,tenant,model,requests,input_tokens,cached_input_tokens,output_tokens,cost,currency";

  @Inject transient UsagePage page;
  @Inject transient TenantNames names;

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    response.setContentType("text/csv;charset=UTF-8");
    response.setHeader(
        "Content-Disposition",
        "attachment; filename=\"millrace-usage-%s-to-%s.csv\""
            .formatted(page.getFirst(), page.getLast()));
    var out = response.getWriter();
    out.print(HEADER + "\r\n");
    for (DailyUsage row : page.usage()) {
      out.print(line(row, names.slug(row.tenantId())));
    }
  }

  static String line(DailyUsage row, String tenantSlug) {
    var usage = row.usage();
    return List.of(
                row.day().toString(),
                text(tenantSlug),
                text(row.model()),
                Long.toString(row.requests()),
                Long.toString(usage.inputTokens()),
                Long.toString(usage.cachedInputTokens()),
                Long.toString(usage.outputTokens()),
                row.cost().amount().toPlainString(),
                row.cost().currency())
            .stream()
            .collect(Collectors.joining(","))
        + "\r\n";
  }

  /**
   * Quoted where RFC 4180 asks for it; a text that a spreadsheet would run as a formula gets an
   * apostrophe.
   */
  static String text(String value) {
    String safe =
        !value.isEmpty() && "=+-@\t\r".indexOf(value.charAt(0)) >= 0 ? "'" + value : value;
    boolean quoted = safe.chars().anyMatch(c -> c == ',' || c == '"' || c == '\n' || c == '\r');
    return quoted ? '"' + safe.replace("\"", "\"\"") + '"' : safe;
  }
}

package org.millrace.console.session;

import static org.junit.jupiter.api.Assertions.assertEquals;

import jakarta.servlet.http.HttpServletRequest;
import java.lang.reflect.Proxy;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ReturnAddressTest {

  @Test
  void itIsThePageWithItsQuery() {
    assertEquals(
        "/console/usage?by=day&tenant=acme",
        ReturnAddress.of(
            request(Map.of("getServletPath", "/usage", "getQueryString", "by=day&tenant=acme"))));
    assertEquals("/console/usage", ReturnAddress.of(request(Map.of("getServletPath", "/usage"))));
  }

  @Test
  void itStaysInTheConsoleHoweverTheAddressWasWritten() {
    var crafted =
        request(
            Map.of(
                "getRequestURI", "//elsewhere.example/../console/usage",
                "getServletPath", "/usage"));
    assertEquals("/console/usage", ReturnAddress.of(crafted));
  }

  @Test
  void whatAnAddressCannotHoldIsWrittenInEscapes() {
    assertEquals(
        "/console/a%20b%22%C3%A9",
        ReturnAddress.of(request(Map.of("getServletPath", "/a b\"", "getPathInfo", "é"))));
  }

  @Test
  void theScriptIsToldWhereToGoInWellFormedXml() {
    assertEquals(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            + "<partial-response><redirect url=\"/console/usage?a=1&amp;b=&quot;&lt;\"/></partial-response>",
        Turnstile.redirection("/console/usage?a=1&b=\"<"));
  }

  private static HttpServletRequest request(Map<String, String> answers) {
    var known = new HashMap<>(answers);
    known.put("getContextPath", "/console");
    return (HttpServletRequest)
        Proxy.newProxyInstance(
            ReturnAddressTest.class.getClassLoader(),
            new Class<?>[] {HttpServletRequest.class},
            (_, method, _) -> known.get(method.getName()));
  }
}

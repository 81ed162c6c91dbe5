package org.millrace.webapi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.millrace.webapi.error.ApiError;

/**
 * Compares {@code META-INF/openapi.yaml} with what is served. The file is read by its indentation:
 * no YAML library for one test.
 */
class OpenApiDocumentTest {
  private static final Pattern PATH = Pattern.compile("^  (/\\S*):$");
  private static final Pattern METHOD = Pattern.compile("^    (get|post|put|patch|delete):$");

  private final String document = document();

  @Test
  void everyRouteIsDescribedAndNothingElseIs() throws IOException {
    var described = new TreeSet<String>();
    var path = "";
    for (var line : document.lines().toList()) {
      var asPath = PATH.matcher(line);
      var asMethod = METHOD.matcher(line);
      if (asPath.matches()) {
        path = asPath.group(1);
      } else if (asMethod.matches()) {
        described.add(asMethod.group(1).toUpperCase(Locale.ROOT) + " " + path);
      }
    }
    var source = Files.readString(Path.of("src/main/java/org/millrace/webapi/ApiRoutes.java"));
    var served = new TreeSet<String>();
    var routes = Pattern.compile("new Route\\(\\s*\"([A-Z]+)\",\\s*\"([^\"]+)\"").matcher(source);
    while (routes.find()) {
      served.add(routes.group(1) + " " + routes.group(2).replace("...}", "}"));
    }
    assertTrue(served.size() > 20, served.toString());
    assertEquals(served, described);
  }

  @Test
  void everyErrorOfOpenAisEndpointsIsDescribed() {
    var hidden = new TreeSet<String>();
    Arrays.stream(ApiError.values())
        .filter(error -> error.status() < 500 || error.status() == 503)
        .filter(error -> error != ApiError.METHOD_NOT_ALLOWED)
        .filter(error -> error != ApiError.BODY_TOO_SLOW)
        .filter(error -> error != ApiError.UNSUPPORTED_MEDIA_TYPE)
        .filter(error -> !document.contains(error.code()))
        .forEach(error -> hidden.add(error.code()));
    assertEquals(new TreeSet<String>(), hidden);
  }

  @Test
  void everyReferenceHasItsTarget() {
    var references = Pattern.compile("#/components/(\\w+)/(\\w+)").matcher(document);
    while (references.find()) {
      var target = "\n    " + references.group(2) + ":";
      assertTrue(document.contains(target), references.group());
    }
  }

  private static String document() {
    try (var in = OpenApiDocumentTest.class.getResourceAsStream("/META-INF/openapi.yaml")) {
      assertTrue(in != null, "META-INF/openapi.yaml is not there");
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

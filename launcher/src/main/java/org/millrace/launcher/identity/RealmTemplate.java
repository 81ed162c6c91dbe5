package org.millrace.launcher.identity;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** The realm as Keycloak imports it. */
public final class RealmTemplate {
  public static final String REALM = "millrace";
  public static final String CONSOLE_CLIENT = "millrace-console";
  private static final ObjectMapper JSON = new ObjectMapper();

  private RealmTemplate() {}

  /**
   * For a Keycloak that is not ours: without the demo's people, whose passwords everybody knows.
   */
  public static String renderForImport(String consoleSecret, String consoleRedirect) {
    try {
      var realm = (ObjectNode) JSON.readTree(render(consoleSecret, consoleRedirect));
      realm.remove("users");
      return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(realm);
    } catch (JsonProcessingException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  /**
   * With the demo's people in it.
   *
   * @param consoleRedirect pattern of the addresses a login may return to
   */
  public static String render(String consoleSecret, String consoleRedirect) {
    var text = resource("realm.json").replace("@{mappers}", resource("mappers.json").strip());
    var values = Map.of("console-secret", consoleSecret, "console-redirect", consoleRedirect);
    for (var value : values.entrySet()) {
      text = text.replace("@{" + value.getKey() + "}", quoted(value.getValue()));
    }
    return text;
  }

  private static String quoted(String value) {
    try {
      return JSON.writeValueAsString(value);
    } catch (JsonProcessingException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  private static String resource(String name) {
    try (var in = RealmTemplate.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("no resource " + name);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }
}

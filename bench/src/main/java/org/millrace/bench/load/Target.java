package org.millrace.bench.load;

import java.net.URI;
import java.util.List;

/**
 * A server to put load on.
 *
 * @param name for the table
 * @param base such as {@code http://localhost:8080/v1}
 * @param key its API key; empty where it wants none
 * @param model the model's name there
 */
record Target(String name, URI base, String key, String model) {
  /**
   * Reads {@code NAME=URL,MODEL[,KEY]}.
   *
   * @throws IllegalArgumentException when it is something else
   */
  static Target parse(String text) {
    int equals = text.indexOf('=');
    List<String> parts = List.of(text.substring(equals + 1).split(","));
    if (equals < 1 || parts.size() < 2 || parts.size() > 3) {
      throw new IllegalArgumentException(
          "'" + text + "' is not NAME=URL,MODEL or NAME=URL,MODEL,KEY");
    }
    String key = parts.size() == 3 ? parts.get(2) : "";
    return new Target(text.substring(0, equals), URI.create(parts.get(0)), key, parts.get(1));
  }
}

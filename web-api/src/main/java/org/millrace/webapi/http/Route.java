package org.millrace.webapi.http;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A method and a path with the handler that answers it.
 *
 * @param path segments; {@code {name}} stands for one segment, {@code {name...}} at the end for all
 *     that are left
 */
public record Route(String method, String path, Handler handler) {

  /** Answers a call or refuses it by an exception. */
  public interface Handler {
    Reply handle(Call call) throws Exception;
  }

  /** The values of the path's names, or empty where the path is another. */
  Optional<Map<String, String>> match(String requested) {
    var wanted = path.split("/", -1);
    var got = requested.split("/", -1);
    var values = new HashMap<String, String>();
    for (var i = 0; i < wanted.length; i++) {
      if (i >= got.length) {
        return Optional.empty();
      }
      if (wanted[i].endsWith("...}")) {
        var rest = String.join("/", java.util.Arrays.asList(got).subList(i, got.length));
        values.put(wanted[i].substring(1, wanted[i].length() - 4), rest);
        return rest.isEmpty() ? Optional.empty() : Optional.of(values);
      }
      if (wanted[i].startsWith("{") && !got[i].isEmpty()) {
        values.put(wanted[i].substring(1, wanted[i].length() - 1), got[i]);
      } else if (!wanted[i].equals(got[i])) {
        return Optional.empty();
      }
    }
    return wanted.length == got.length ? Optional.of(values) : Optional.empty();
  }
}

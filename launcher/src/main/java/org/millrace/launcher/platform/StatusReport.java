package org.millrace.launcher.platform;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.millrace.launcher.database.EmbeddedDatabase;
import org.millrace.launcher.database.PostgresUrl;
import org.millrace.launcher.identity.Keycloak;
import org.millrace.launcher.server.ApplicationServer;
import org.millrace.launcher.settings.Layout;

/** How the parts are at this moment. */
public record StatusReport(Map<String, Part> parts) {
  private static final int CONNECT_MILLIS = 2_000;

  /** How a part may be. */
  public enum State {
    /** Answers. */
    UP,
    /** Runs, and does not answer yet, or no more. */
    STARTING,
    DOWN,
    /** Was not asked for. */
    OFF
  }

  /**
   * @param pid of a part that this platform runs itself
   */
  public record Part(Optional<String> url, State state, Optional<Long> pid) {}

  public static StatusReport of(Layout layout) throws InterruptedException {
    var state = PlatformState.load(layout);
    var http = new Http();
    var server = new ApplicationServer(layout).running();
    var parts = new LinkedHashMap<String, Part>();
    var api = state.map(PlatformState::api);
    boolean apiAnswers = api.isPresent() && http.answers(api.get() + "/health/ready");
    parts.put("api", part(api, server, apiAnswers));
    parts.put("console", console(state, server, apiAnswers));
    parts.put("keycloak", keycloak(layout, state, http));
    parts.put("database", database(layout, state));
    return new StatusReport(parts);
  }

  private static Part console(
      Optional<PlatformState> state, Optional<ProcessHandle> server, boolean apiAnswers) {
    var url = state.flatMap(PlatformState::console);
    return state.isPresent() && url.isEmpty() ? off() : part(url, server, apiAnswers);
  }

  private static Part keycloak(Layout layout, Optional<PlatformState> state, Http http)
      throws InterruptedException {
    var url = state.flatMap(PlatformState::keycloak);
    if (state.isPresent() && url.isEmpty()) {
      return off();
    }
    boolean own = state.map(PlatformState::ownKeycloak).orElse(true);
    var issuer = own ? url.map(Keycloak::issuer) : url;
    boolean answers =
        issuer.isPresent() && http.answers(issuer.get() + "/.well-known/openid-configuration");
    return part(url, own ? new Keycloak(layout).running() : Optional.empty(), answers);
  }

  private static Part database(Layout layout, Optional<PlatformState> state) {
    var url = state.map(PlatformState::database);
    return part(
        url, EmbeddedDatabase.running(layout), url.filter(StatusReport::accepts).isPresent());
  }

  private static Part off() {
    return new Part(Optional.empty(), State.OFF, Optional.empty());
  }

  private static Part part(Optional<String> url, Optional<ProcessHandle> process, boolean answers) {
    var state = answers ? State.UP : process.isPresent() ? State.STARTING : State.DOWN;
    return new Part(url, state, process.map(ProcessHandle::pid));
  }

  private static boolean accepts(String jdbcUrl) {
    return PostgresUrl.parse(jdbcUrl, "the database").servers().stream()
        .anyMatch(StatusReport::accepts);
  }

  private static boolean accepts(InetSocketAddress server) {
    try (var socket = new Socket()) {
      var resolved = new InetSocketAddress(server.getHostString(), server.getPort());
      socket.connect(resolved, CONNECT_MILLIS);
      return true;
    } catch (IOException refused) {
      return false;
    }
  }

  /** One line a part. */
  public String text() {
    var lines = new StringBuilder();
    parts.forEach((name, part) ->
        lines.append(
            "%-9s %-9s %s%s%n"
                .formatted(
                    name,
                    part.state.name().toLowerCase(Locale.ROOT),
                    part.url.orElse("-"),
                    part.pid.map(pid -> "  (pid " + pid + ")").orElse(""))));
    return lines.toString().stripTrailing();
  }

  public String json() throws IOException {
    var object = new LinkedHashMap<String, Map<String, Object>>();
    parts.forEach((name, part) -> object.put(name, json(part)));
    return new ObjectMapper().writeValueAsString(object);
  }

  private static Map<String, Object> json(Part part) {
    var object = new LinkedHashMap<String, Object>();
    part.url.ifPresent(url -> object.put("url", url));
    object.put("state", part.state.name().toLowerCase(Locale.ROOT));
    part.pid.ifPresent(pid -> object.put("pid", pid));
    return object;
  }
}

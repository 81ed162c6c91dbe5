package org.millrace.it.platform;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A running platform. Where {@code MILLRACE_IT_DATA} names the data folder of one that runs
 * already, that one is used and left alone; else one is started with {@code ./millrace up} in
 * {@code target/it-data}, new each time.
 */
public final class Platform {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration START_PATIENCE = Duration.ofMinutes(10);

  private static @Nullable Platform shared;
  private static @Nullable IllegalStateException failure;

  private final Path root;
  private final Path target;
  private final Path data;
  private final boolean own;
  private final int port;
  private final Map<String, String> environment;

  private Platform(
      Path root, Path target, Path data, boolean own, int port, Map<String, String> environment) {
    this.environment = environment;
    this.root = root;
    this.target = target;
    this.data = data;
    this.own = own;
    this.port = port;
  }

  /**
   * The platform of this run. A start that failed fails every caller alike and is not tried again.
   */
  public static synchronized Platform shared() {
    if (failure != null) {
      throw new IllegalStateException("the platform did not start", failure);
    }
    if (shared == null) {
      try {
        shared = startOrFind();
        shared.tellArquillian();
      } catch (IllegalStateException e) {
        failure = e;
        throw e;
      }
    }
    return shared;
  }

  static synchronized void stopShared() {
    if (shared != null && shared.own) {
      shared.command("down", Duration.ofMinutes(3));
    }
    shared = null;
  }

  private static Platform startOrFind() {
    var root = Path.of(System.getProperty("millrace.root", "..")).toAbsolutePath().normalize();
    var target = Path.of(System.getProperty("millrace.it.target", "target")).toAbsolutePath();
    var running = System.getenv("MILLRACE_IT_DATA");
    if (running != null) {
      var found = new Platform(root, target, Path.of(running).toAbsolutePath(), false, 0, Map.of());
      var port = java.net.URI.create(found.url()).getPort();
      return new Platform(root, target, found.data, false, port, Map.of());
    }
    var platform =
        new Platform(root, target, target.resolve("it-data"), true, freePorts(), Map.of());
    deleteTree(platform.data);
    Runtime.getRuntime().addShutdownHook(new Thread(Platform::stopShared));
    platform.up();
    return platform;
  }

  /**
   * One more beside the shared one, without people, new each time; it is the caller's to bring up
   * and down.
   */
  public static Platform another(String name, Map<String, String> environment) {
    var beside = shared();
    var data = beside.target.resolve("it-data-" + name);
    deleteTree(data);
    return new Platform(beside.root, beside.target, data, true, freePorts(), environment);
  }

  /** Starts it, or starts it again on the same data. */
  public void up() {
    up("");
  }

  /** With more options, each after a blank. */
  public void up(String options) {
    command("up --detach --port " + port + options, START_PATIENCE);
  }

  public void down() {
    command("down", Duration.ofMinutes(3));
  }

  /**
   * Whether this run may stop and kill it: where it has started it, or {@code MILLRACE_IT_MAY_KILL}
   * says so.
   */
  public boolean mayBeKilled() {
    return own || "true".equals(System.getenv("MILLRACE_IT_MAY_KILL"));
  }

  /** Runs the command on this platform; its output goes to {@code target/it-<name>.log}. */
  public String command(String arguments, Duration patience) {
    var words = new ArrayList<>(List.of(root.resolve("millrace").toString()));
    words.addAll(List.of(arguments.split(" ")));
    words.addAll(List.of("--data", data.toString()));
    var log = target.resolve("it-" + words.get(1) + ".log");
    try {
      Files.createDirectories(target);
      var builder = new ProcessBuilder(words);
      builder.environment().putAll(environment);
      var process =
          builder
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
              .start();
      if (!process.waitFor(patience.toSeconds(), TimeUnit.SECONDS)) {
        process.destroy();
        throw new IllegalStateException(words + " took longer than " + patience + tail(log));
      }
      if (process.exitValue() != 0) {
        throw new IllegalStateException(words + " ended with " + process.exitValue() + tail(log));
      }
      return Files.readString(log);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  private static String tail(Path log) throws IOException {
    var lines = Files.readAllLines(log);
    return "\n" + String.join("\n", lines.subList(Math.max(0, lines.size() - 40), lines.size()));
  }

  public Path root() {
    return root;
  }

  /** This module's build folder, for what a test leaves behind. */
  public Path target() {
    return target;
  }

  public Path data() {
    return data;
  }

  /** {@code http://host:port}, without a path. */
  public String url() {
    return text("api");
  }

  public String consoleUrl() {
    return text("console");
  }

  public String keycloakUrl() {
    return text("keycloak");
  }

  /** The application's database, as JDBC has it. */
  public String databaseUrl() {
    return text("database");
  }

  public String demoKey() {
    return read(data.resolve("demo-api-key")).strip();
  }

  /** A secret by its name in {@code secrets.properties}. */
  public String secret(String name) {
    try (var reader = Files.newBufferedReader(data.resolve("secrets.properties"))) {
      var secrets = new Properties();
      secrets.load(reader);
      return Optional.ofNullable(secrets.getProperty(name)).orElseThrow();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The process of a part, as {@code status --json} tells it. */
  public ProcessHandle process(String part) {
    var pid = parse(command("status --json", Duration.ofMinutes(3))).path(part).path("pid");
    return ProcessHandle.of(pid.asLong()).orElseThrow();
  }

  private String text(String member) {
    return parse(read(data.resolve("platform.json"))).path(member).asText();
  }

  private void tellArquillian() {
    var api = java.net.URI.create(url()).getPort();
    System.setProperty("millrace.it.admin.port", Integer.toString(api + 300));
    System.setProperty("millrace.it.admin.password", secret("payara-admin-password"));
  }

  private static JsonNode parse(String text) {
    try {
      return JSON.readTree(text);
    } catch (IOException e) {
      throw new UncheckedIOException(text, e);
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A port whose followers (+100, +200, +300) are free too. */
  private static int freePorts() {
    for (var port = 18_080; port < 18_180; port++) {
      if (isFree(port) && isFree(port + 100) && isFree(port + 200) && isFree(port + 300)) {
        return port;
      }
    }
    throw new IllegalStateException("no four free ports from 18080 on");
  }

  private static boolean isFree(int port) {
    try (var socket = new ServerSocket(port)) {
      return socket.isBound();
    } catch (IOException e) {
      return false;
    }
  }

  private static void deleteTree(Path folder) {
    if (!Files.exists(folder)) {
      return;
    }
    try (var files = Files.walk(folder)) {
      for (var file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

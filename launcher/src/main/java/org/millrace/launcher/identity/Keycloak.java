package org.millrace.launcher.identity;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.millrace.launcher.database.DatabaseAccess;
import org.millrace.launcher.process.PidFile;
import org.millrace.launcher.process.Processes;
import org.millrace.launcher.settings.Layout;
import org.millrace.launcher.settings.PrivateFile;

/**
 * A Keycloak of our own. Its program files are shared by all data folders and only read; each data
 * folder has a home made of links to them, with a {@code data} folder of its own.
 */
public final class Keycloak {
  public static final String PART = "keycloak";
  public static final String ADMIN = "admin";
  private static final Duration STOP_GRACE = Duration.ofSeconds(20);
  private static final List<String> SHARED = List.of("bin", "conf", "lib", "providers", "themes");

  /**
   * The optimizing compiler would spend more on a server that logs in a few people than it saves:
   * 50 against 82 CPU seconds for the first start.
   */
  private static final List<String> JVM_OPTIONS =
      List.of(
          "-XX:TieredStopAtLevel=1",
          "-XX:+UseSerialGC",
          "-Xms64m",
          "-Xmx512m",
          "-Dfile.encoding=UTF-8",
          "-Djava.util.logging.manager=org.jboss.logmanager.LogManager",
          "-Djava.util.concurrent.ForkJoinPool.common.threadFactory=io.quarkus.bootstrap.forkjoin.QuarkusForkJoinWorkerThreadFactory",
          "-Dpicocli.disable.closures=true",
          "-Duser.language=en",
          "-Duser.country=US",
          "--add-opens=java.base/java.util=ALL-UNNAMED",
          "--add-opens=java.base/java.util.concurrent=ALL-UNNAMED",
          "--add-opens=java.base/java.security=ALL-UNNAMED",
          "--add-opens=java.base/java.lang=ALL-UNNAMED",
          "--enable-native-access=ALL-UNNAMED");

  private final Path home;
  private final Path log;
  private final PidFile pidFile;

  public Keycloak(Layout layout) {
    this.home = layout.keycloak();
    this.log = layout.log(PART);
    this.pidFile = new PidFile(layout.pid(PART));
  }

  /** Where and with what it is to run. */
  public record Settings(
      String url, String bindAddress, int port, DatabaseAccess database, String adminPassword) {
    @Override
    public String toString() {
      return url;
    }
  }

  public static String issuer(String url) {
    return url + "/realms/" + RealmTemplate.REALM;
  }

  /**
   * @param distribution built, see {@code Runtimes}
   * @param realm imported where the database has no realm of this name yet
   */
  public Process start(Path distribution, Settings settings, String realm) throws IOException {
    prepareHome(distribution, realm);
    var command = new java.util.ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(JVM_OPTIONS);
    command.addAll(
        List.of(
            "-Dkc.home.dir=" + home,
            "-Djboss.server.config.dir=" + home.resolve("conf"),
            "-cp",
            home.resolve("lib/quarkus-run.jar").toString(),
            "io.quarkus.bootstrap.runner.QuarkusEntryPoint",
            "start",
            "--optimized",
            "--import-realm",
            "--cache=local",
            "--http-enabled=true",
            "--http-host=" + settings.bindAddress,
            "--http-port=" + settings.port,
            "--hostname=" + settings.url));
    var process = Processes.start(command, environment(settings), home, log);
    pidFile.write(process.toHandle());
    return process;
  }

  /** Secrets go by environment: a command line is everybody's to read. */
  private static Map<String, String> environment(Settings settings) {
    return Map.of(
        "KC_DB_URL",
        settings.database.jdbcUrl(),
        "KC_DB_USERNAME",
        settings.database.user(),
        "KC_DB_PASSWORD",
        settings.database.password(),
        "KC_DB_POOL_MAX_SIZE",
        "20",
        "KC_BOOTSTRAP_ADMIN_USERNAME",
        ADMIN,
        "KC_BOOTSTRAP_ADMIN_PASSWORD",
        settings.adminPassword);
  }

  private void prepareHome(Path distribution, String realm) throws IOException {
    var imports = home.resolve("data/import");
    PrivateFile.createFolder(imports);
    for (String name : SHARED) {
      var link = home.resolve(name);
      Files.deleteIfExists(link);
      Files.createSymbolicLink(link, distribution.resolve(name).toAbsolutePath());
    }
    PrivateFile.write(imports.resolve("millrace-realm.json"), realm);
  }

  public Optional<ProcessHandle> running() {
    return pidFile.running();
  }

  public void stop() throws IOException {
    var process = running();
    if (process.isPresent()) {
      Processes.stop(process.get(), STOP_GRACE);
    }
    pidFile.delete();
  }

  public Path log() {
    return log;
  }
}

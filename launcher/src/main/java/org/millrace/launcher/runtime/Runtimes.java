package org.millrace.launcher.runtime;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.millrace.launcher.console.LaunchException;
import org.millrace.launcher.process.Command;

/**
 * The three servers, ready to run: unpacked, and Keycloak built for PostgreSQL, which takes most of
 * the time and is done once.
 */
public record Runtimes(RuntimeFolder folder, Distributions distributions) {
  /**
   * Compiling Keycloak's short build with the optimizing compiler costs more than it saves: 63
   * against 25 CPU seconds.
   */
  private static final String BUILD_JVM_OPTIONS =
      "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xms256m -Xmx768m -Dfile.encoding=UTF-8";

  /** The folder with {@code bin/postgres}. */
  public Path postgres() throws InterruptedException {
    var archive = distributions.postgres();
    return folder.require(name(archive), target -> Archives.unpackTxzInJar(archive, target));
  }

  /** The folder with {@code bin/asadmin}. */
  public Path payara() throws InterruptedException {
    var archive = distributions.payara();
    return folder.require(name(archive), target -> Archives.unzipWithoutTop(archive, target));
  }

  /** The folder with {@code bin/kc.sh}. */
  public Path keycloak() throws InterruptedException {
    var archive = distributions.keycloak();
    return folder.require(
        name(archive),
        target -> {
          Archives.unzipWithoutTop(archive, target);
          buildKeycloak(target);
        });
  }

  private void buildKeycloak(Path home) throws IOException, InterruptedException {
    var log = folder.path().resolve("keycloak-build.log");
    int status =
        Command.run(
            List.of(
                home.resolve("bin/kc.sh").toString(),
                "build",
                "--db=postgres",
                "--health-enabled=false",
                "--metrics-enabled=false"),
            Map.of("JAVA_HOME", System.getProperty("java.home"), "JAVA_OPTS", BUILD_JVM_OPTIONS),
            log);
    if (status != 0) {
      throw new LaunchException("Keycloak's build ended with status " + status, log);
    }
  }

  private static String name(Path archive) {
    var file = archive.getFileName().toString();
    return file.substring(0, file.lastIndexOf('.'));
  }
}

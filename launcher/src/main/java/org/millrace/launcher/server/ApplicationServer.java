package org.millrace.launcher.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.millrace.launcher.console.LaunchException;
import org.millrace.launcher.process.PidFile;
import org.millrace.launcher.process.Processes;
import org.millrace.launcher.runtime.Folders;
import org.millrace.launcher.settings.Layout;
import org.millrace.launcher.settings.PrivateFile;

/**
 * Payara with the application in it. Its domain is made anew at each start: all that must last lies
 * in the database, so every start takes the same way and no change of a setting or of the
 * application is missed.
 */
public final class ApplicationServer {
  public static final String PART = "payara";

  /** Above the application's own grace for running requests. */
  private static final Duration STOP_GRACE = Duration.ofSeconds(45);

  private static final String DOMAIN = "millrace";
  private static final String EAR = "millrace.ear";

  private final Path domain;
  private final Path log;
  private final Path startLog;
  private final PidFile pidFile;

  public ApplicationServer(Layout layout) {
    this.domain = layout.payara().resolve(DOMAIN);
    this.log = layout.log(PART);
    this.startLog = layout.log(PART + "-start");
    this.pidFile = new PidFile(layout.pid(PART));
  }

  /**
   * @param libraries put beside the application, for they load native code
   */
  public record Deployment(
      Path installation,
      DomainSettings settings,
      String adminPassword,
      Path ear,
      List<Path> libraries) {
    @Override
    public String toString() {
      return ear + " on " + settings;
    }
  }

  public Process start(Deployment deployment, Map<String, String> environment) throws IOException {
    var xml = prepareDomain(deployment);
    var command = new ServerCommand(deployment.installation, domain, xml);
    if (!command.isInstalled()) {
      throw new LaunchException("no Payara in " + deployment.installation);
    }
    var process = Processes.start(command.line(), environment, domain.resolve("config"), startLog);
    pidFile.write(process.toHandle());
    return process;
  }

  private DomainXml prepareDomain(Deployment deployment) throws IOException {
    var modules = new ModuleCache(domain, deployment.installation);
    modules.setAside();
    Folders.delete(domain);
    PrivateFile.createFolder(domain);
    Folders.copy(deployment.installation.resolve("glassfish/domains/domain1"), domain);
    modules.putBack();
    var config = domain.resolve("config");
    var original = Files.readString(config.resolve("domain.xml"));
    var xml = new DomainXml(original).patched(deployment.settings);
    Files.writeString(config.resolve("domain.xml"), xml.text());
    PrivateFile.write(
        config.resolve("admin-keyfile"),
        AdminKeyFile.content(deployment.adminPassword, new SecureRandom()));
    logTo(config.resolve("logging.properties"));
    copyCompilerDirectives(config);
    for (Path library : deployment.libraries) {
      Files.copy(library, domain.resolve("lib").resolve(library.getFileName()));
    }
    var autodeploy = Files.createDirectories(domain.resolve("autodeploy"));
    Files.copy(deployment.ear, autodeploy.resolve(EAR));
    return xml;
  }

  private static void copyCompilerDirectives(Path config) throws IOException {
    var name = DomainSettings.COMPILER_DIRECTIVES;
    try (var content =
        Objects.requireNonNull(ApplicationServer.class.getResourceAsStream(name), name)) {
      Files.copy(content, config.resolve(name));
    }
  }

  /** The log outlives the domain. */
  private void logTo(Path loggingProperties) throws IOException {
    Files.createDirectories(log.getParent());
    var text = Files.readString(loggingProperties);
    Files.writeString(
        loggingProperties,
        text.replace(
            "com.sun.enterprise.server.logging.GFFileHandler.file=${com.sun.aas.instanceRoot}/logs/server.log",
            "com.sun.enterprise.server.logging.GFFileHandler.file=" + log));
  }

  /**
   * @throws LaunchException where the server has refused the application
   */
  public void requireNotRefused() {
    if (Files.exists(domain.resolve("autodeploy").resolve(EAR + "_deployFailed"))) {
      throw new LaunchException("Payara refused the application", log);
    }
  }

  /** Whether the server has taken the application: its health answers before that. */
  public boolean isDeployed() {
    return Files.exists(domain.resolve("autodeploy").resolve(EAR + "_deployed"));
  }

  public Optional<ProcessHandle> running() {
    return pidFile.running();
  }

  /** Lets the application finish or settle what runs. */
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

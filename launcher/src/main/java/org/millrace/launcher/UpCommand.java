package org.millrace.launcher;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.millrace.launcher.console.LaunchException;
import org.millrace.launcher.console.Progress;
import org.millrace.launcher.platform.Greeting;
import org.millrace.launcher.platform.Platform;
import org.millrace.launcher.platform.PlatformSettings;
import org.millrace.launcher.platform.PlatformState;
import org.millrace.launcher.server.DomainSettings;
import org.millrace.launcher.settings.Ports;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "up",
    description = "Start PostgreSQL, Keycloak and Payara with the application.",
    mixinStandardHelpOptions = true)
final class UpCommand implements Callable<Integer> {
  @Mixin private DataOption data = new DataOption();

  @Option(
      names = "--port",
      paramLabel = "N",
      defaultValue = "${env:MILLRACE_PORT:-" + Ports.DEFAULT_API + "}",
      description =
          "Of the API and the console (default ${DEFAULT-VALUE}); the others follow from it")
  private int port;

  @Option(
      names = "--keycloak-port",
      paramLabel = "N",
      defaultValue = "${env:MILLRACE_KEYCLOAK_PORT}",
      description = "Default: the API's port + 100")
  private @Nullable Integer keycloakPort;

  @Option(
      names = "--database-port",
      paramLabel = "N",
      defaultValue = "${env:MILLRACE_DATABASE_PORT}",
      description = "Default: the API's port + 200")
  private @Nullable Integer databasePort;

  @Option(
      names = "--admin-port",
      paramLabel = "N",
      defaultValue = "${env:MILLRACE_ADMIN_PORT}",
      description = "Of Payara's administration; default: the API's port + 300")
  private @Nullable Integer adminPort;

  @Option(
      names = "--bind",
      paramLabel = "ADDRESS",
      defaultValue = "${env:MILLRACE_BIND:-" + PlatformSettings.BIND_ADDRESS + "}",
      description = "Listen on this address (default ${DEFAULT-VALUE}: this machine only)")
  private String bindAddress = PlatformSettings.BIND_ADDRESS;

  @Option(
      names = "--host",
      paramLabel = "NAME",
      defaultValue = "${env:MILLRACE_HOST:-" + PlatformSettings.HOST + "}",
      description = "The name this machine is reached by (default ${DEFAULT-VALUE})")
  private String host = PlatformSettings.HOST;

  @Option(
      names = "--model",
      paramLabel = "[NAME=]FILE.gguf",
      description = "A model to serve; may be repeated (default: the bundled demo model)")
  private List<String> models = new ArrayList<>();

  @Option(
      names = "--heap",
      paramLabel = "MIB",
      defaultValue = "${env:MILLRACE_HEAP_MIB:-" + DomainSettings.HEAP_MIB + "}",
      description = "Payara's heap (default ${DEFAULT-VALUE} MiB); models lie outside of it")
  private int heapMib;

  @Option(
      names = "--debug-port",
      paramLabel = "N",
      defaultValue = "${env:MILLRACE_JAVA_DEBUG_PORT}",
      description = "Let a debugger attach to Payara here")
  private @Nullable Integer debugPort;

  @Option(
      names = "--java-options",
      paramLabel = "OPTIONS",
      defaultValue = "${env:MILLRACE_JAVA_OPTIONS}",
      description = "For Payara's JVM, separated by blanks, after the platform's own")
  private @Nullable String javaOptions;

  @Option(names = "--detach", description = "Return when ready; the platform stays up")
  private boolean detach;

  @Option(names = "--no-console", description = "Without Keycloak and the console")
  private boolean noConsole;

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      defaultValue = "${env:MILLRACE_START_SECONDS:-600}",
      description = "Give up a part that is not ready by then (default ${DEFAULT-VALUE})")
  private int timeoutSeconds;

  @Override
  public Integer call() throws Exception {
    var progress = Progress.to(System.out);
    var settings = settings();
    var platform = new Platform(settings.layout(), settings.runtimes(), progress);
    if (platform.isRunning()) {
      System.out.println("Millrace is running already.");
      PlatformState.load(settings.layout())
          .ifPresent(state -> Greeting.print(System.out, settings.layout(), state));
      return 0;
    }
    var foreground = new Foreground(platform, settings.layout());
    var state = foreground.start(settings);
    System.out.println();
    System.out.println("Millrace is ready.");
    Greeting.print(System.out, settings.layout(), state);
    System.out.println("The start took");
    progress.breakdown().forEach(line -> System.out.println("  " + line));
    return detach ? foreground.leave() : foreground.stay();
  }

  private PlatformSettings settings() {
    var installation = Installation.current();
    if (!Files.exists(installation.ear())) {
      throw new LaunchException(
          "the application is not built, %s is missing: run `./millrace build`"
              .formatted(installation.ear()));
    }
    return new PlatformSettings(
        data.layout(),
        Ports.of(
            port,
            Optional.ofNullable(keycloakPort),
            Optional.ofNullable(databasePort),
            Optional.ofNullable(adminPort)),
        bindAddress,
        host,
        modelSources(installation),
        !noConsole,
        jvmOptions(),
        Duration.ofSeconds(timeoutSeconds),
        installation.ear(),
        installation.runtimes(),
        ExternalParts.database(System.getenv()),
        ExternalParts.identity(System.getenv()));
  }

  private List<String> jvmOptions() {
    var options = new ArrayList<>(DomainSettings.applicationOptions(heapMib));
    if (debugPort != null) {
      options.add(DomainSettings.debugOption(debugPort));
    }
    if (javaOptions != null && !javaOptions.isBlank()) {
      options.addAll(List.of(javaOptions.strip().split("\\s+")));
    }
    return options;
  }

  private List<String> modelSources(Installation installation) {
    if (models.isEmpty()) {
      return List.of("millrace-demo=" + absolute(installation.demoModel().toString()));
    }
    return models.stream().map(UpCommand::absolute).toList();
  }

  /** Relative to where the command was given, not to where the server runs. */
  private static String absolute(String model) {
    int equals = model.indexOf('=');
    boolean named = equals > 0 && !Files.exists(Path.of(model));
    var file = Path.of(named ? model.substring(equals + 1) : model).toAbsolutePath().normalize();
    if (!Files.isReadable(file)) {
      throw new LaunchException("no model file %s (--model %s)".formatted(file, model));
    }
    return named ? model.substring(0, equals + 1) + file : file.toString();
  }
}

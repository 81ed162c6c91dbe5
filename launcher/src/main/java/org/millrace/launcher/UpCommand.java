package org.millrace.launcher;

import java.io.IOException;
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

  @Option(names = "--detach", description = "Return when ready; the platform stays up")
  private boolean detach;

  @Option(names = "--no-console", description = "Without Keycloak and the console")
  private boolean noConsole;

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      defaultValue = "${env:MILLRACE_START_SECONDS:-300}",
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
        heapMib,
        Duration.ofSeconds(timeoutSeconds),
        installation.ear(),
        installation.runtimes(),
        ExternalParts.database(System.getenv()),
        ExternalParts.identity(System.getenv()));
  }

  private List<String> modelSources(Installation installation) {
    if (models.isEmpty()) {
      var demo = installation.demoModel();
      return Files.exists(demo) ? List.of("millrace-demo=" + demo) : List.of();
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

  /** Keeps Ctrl-C from leaving parts behind. */
  private static final class Foreground {
    private static final long WATCH_MILLIS = 1_000;
    private final Platform platform;
    private final org.millrace.launcher.settings.Layout layout;
    private final Thread main = Thread.currentThread();
    private final Thread hook = new Thread(this::onInterrupt, "stop");
    private volatile boolean starting = true;

    Foreground(Platform platform, org.millrace.launcher.settings.Layout layout) {
      this.platform = platform;
      this.layout = layout;
    }

    PlatformState start(PlatformSettings settings) throws InterruptedException {
      Runtime.getRuntime().addShutdownHook(hook);
      try {
        return platform.start(settings);
      } catch (RuntimeException | InterruptedException failed) {
        starting = false;
        removeHook();
        throw failed;
      } finally {
        starting = false;
      }
    }

    private void onInterrupt() {
      try {
        if (starting) {
          System.err.println("millrace: interrupted; stopping what was started");
          main.interrupt();
          main.join(Duration.ofMinutes(2));
        } else {
          platform.stop();
        }
      } catch (InterruptedException again) {
        Thread.currentThread().interrupt();
      }
    }

    int leave() {
      removeHook();
      return 0;
    }

    /** Until Ctrl-C, or until a part ends. */
    int stay() throws InterruptedException, IOException {
      System.out.println("Ctrl-C stops the platform.");
      while (platform.isRunning()) {
        Thread.sleep(WATCH_MILLIS);
      }
      if (!Files.exists(layout.state())) {
        return leave();
      }
      throw new LaunchException(
          "a part of the platform ended by itself; stopping the others (see %s)"
              .formatted(layout.logs()));
    }

    private void removeHook() {
      try {
        Runtime.getRuntime().removeShutdownHook(hook);
      } catch (IllegalStateException alreadyStopping) {
        // The hook runs and does what is to be done.
      }
    }
  }
}

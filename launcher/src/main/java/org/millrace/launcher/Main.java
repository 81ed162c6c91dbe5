package org.millrace.launcher;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.millrace.launcher.console.LaunchException;
import org.millrace.launcher.console.LogExcerpt;
import org.millrace.launcher.console.StandardError;
import org.millrace.launcher.engine.BenchCommand;
import org.millrace.launcher.engine.DetokenizeCommand;
import org.millrace.launcher.engine.GenerateCommand;
import org.millrace.launcher.engine.LogitsCommand;
import org.millrace.launcher.engine.PerplexityCommand;
import org.millrace.launcher.engine.SynthCommand;
import org.millrace.launcher.engine.TemplateCommand;
import org.millrace.launcher.engine.TokenizeCommand;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The {@code millrace} command. */
@Command(
    name = "millrace",
    description =
        "Serves open-weight language models to many tenants, and bills each to the token.",
    mixinStandardHelpOptions = true,
    version = "millrace 0.1.0",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      UpCommand.class,
      DownCommand.class,
      StatusCommand.class,
      LogsCommand.class,
      VerifyLedgerCommand.class,
      RealmCommand.class,
      GenerateCommand.class,
      TokenizeCommand.class,
      DetokenizeCommand.class,
      TemplateCommand.class,
      LogitsCommand.class,
      PerplexityCommand.class,
      BenchCommand.class,
      SynthCommand.class
    })
public final class Main {
  private Main() {}

  public static void main(String[] arguments) {
    StandardError.reopen();
    quietLibraries();
    System.exit(commandLine().execute(arguments));
  }

  /** What libraries want to say below a warning is not for who runs a command. */
  private static void quietLibraries() {
    Logger.getLogger("").setLevel(Level.WARNING);
  }

  static CommandLine commandLine() {
    return new CommandLine(new Main())
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setParameterExceptionHandler((wrong, _) -> reportUsage(wrong))
        .setExecutionExceptionHandler((failure, line, parsed) -> report(failure, line));
  }

  private static int reportUsage(CommandLine.ParameterException wrong) {
    var line = wrong.getCommandLine();
    line.getErr()
        .println(
            "millrace: %s; `./%s --help` says what there is"
                .formatted(
                    String.join(" ", message(wrong).lines().map(String::strip).toList()),
                    line.getCommandSpec().qualifiedName()));
    line.getErr().flush();
    return CommandLine.ExitCode.USAGE;
  }

  private static int report(Exception failure, CommandLine line) {
    line.getErr().println("millrace: " + message(failure));
    if (failure instanceof LaunchException known) {
      known.log().filter(Files::exists).ifPresent(log -> reportLog(log, line));
    }
    if (System.getenv("MILLRACE_TRACE") != null) {
      failure.printStackTrace(line.getErr());
    }
    line.getErr().flush();
    return CommandLine.ExitCode.SOFTWARE;
  }

  private static void reportLog(Path log, CommandLine line) {
    line.getErr().println("  log: " + log);
    LogExcerpt.lastRelevantLine(log).ifPresent(text -> line.getErr().println("  last: " + text));
  }

  private static String message(Exception failure) {
    if (failure instanceof InterruptedException) {
      return "interrupted";
    }
    var message = failure.getMessage();
    return message == null ? failure.toString() : message;
  }
}

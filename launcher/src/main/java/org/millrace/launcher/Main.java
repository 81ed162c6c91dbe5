package org.millrace.launcher;

import java.nio.file.Files;
import java.nio.file.Path;
import org.millrace.launcher.console.LaunchException;
import org.millrace.launcher.console.LogExcerpt;
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
    subcommands = {UpCommand.class, DownCommand.class, StatusCommand.class, LogsCommand.class})
public final class Main {
  private Main() {}

  public static void main(String[] arguments) {
    System.exit(commandLine().execute(arguments));
  }

  static CommandLine commandLine() {
    return new CommandLine(new Main())
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setExecutionExceptionHandler((failure, line, parsed) -> report(failure, line));
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

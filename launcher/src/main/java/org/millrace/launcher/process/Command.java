package org.millrace.launcher.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Runs a short command to its end; an interrupt ends it early. */
public final class Command {
  private Command() {}

  /**
   * @param log gets what the command prints: a file and not a pipe, which a server started by the
   *     command would keep open
   * @return the exit status
   */
  public static int run(List<String> command, Map<String, String> environment, Path log)
      throws IOException, InterruptedException {
    Files.createDirectories(log.toAbsolutePath().getParent());
    var builder =
        new ProcessBuilder(command)
            .redirectInput(Path.of("/dev/null").toFile())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    builder.environment().putAll(environment);
    var process = builder.start();
    try {
      return process.waitFor();
    } catch (InterruptedException abandoned) {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
      throw abandoned;
    }
  }
}

package org.millrace.launcher.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Starts, watches and ends processes that outlive this command. */
public final class Processes {
  private static final long POLL_MILLIS = 50;

  /** Who owns the database is this command's to know, and no server's. */
  private static final String OWNERS_ACCESS = "MILLRACE_DB_OWNER_";

  private static final List<Path> SETSID =
      List.of(Path.of("/usr/bin/setsid"), Path.of("/bin/setsid"));

  private Processes() {}

  /**
   * Starts a process in a session of its own, so that a Ctrl-C in the terminal reaches this command
   * alone and the parts stop in order.
   *
   * @param environment added to this command's own
   * @param log gets what the process prints
   */
  public static Process start(
      List<String> command, Map<String, String> environment, Path folder, Path log)
      throws IOException {
    Files.createDirectories(log.toAbsolutePath().getParent());
    var whole = new ArrayList<String>();
    SETSID.stream().filter(Files::isExecutable).findFirst().ifPresent(p -> whole.add(p.toString()));
    whole.addAll(command);
    var builder =
        new ProcessBuilder(whole)
            .directory(folder.toFile())
            .redirectInput(Path.of("/dev/null").toFile())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    builder.environment().keySet().removeIf(name -> name.startsWith(OWNERS_ACCESS));
    builder.environment().putAll(environment);
    return builder.start();
  }

  /** Alive, and not just an entry that its parent has not fetched yet. */
  public static boolean isRunning(ProcessHandle process) {
    return process.isAlive() && !isZombie(process.pid());
  }

  private static boolean isZombie(long pid) {
    var stat = Path.of("/proc", Long.toString(pid), "stat");
    try {
      if (!Files.exists(stat)) {
        return false;
      }
      var text = Files.readString(stat);
      // The name before the state is in brackets and may itself hold any character.
      int state = text.lastIndexOf(')') + 2;
      return state < text.length() && text.charAt(state) == 'Z';
    } catch (IOException gone) {
      return false;
    }
  }

  /**
   * Asks the process to end and, past the grace, ends it.
   *
   * @return whether it ended by itself
   */
  public static boolean stop(ProcessHandle process, Duration grace) {
    process.destroy();
    if (awaitEnd(process, grace)) {
      return true;
    }
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
    awaitEnd(process, Duration.ofSeconds(5));
    return false;
  }

  /**
   * Whether it ended in time. An interrupt does not shorten the wait: what was started must be
   * stopped.
   */
  static boolean awaitEnd(ProcessHandle process, Duration patience) {
    long deadline = System.nanoTime() + patience.toNanos();
    boolean interrupted = false;
    while (isRunning(process) && System.nanoTime() < deadline) {
      try {
        Thread.sleep(POLL_MILLIS);
      } catch (InterruptedException again) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    return !isRunning(process);
  }
}

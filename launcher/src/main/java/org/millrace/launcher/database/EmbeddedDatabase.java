package org.millrace.launcher.database;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.millrace.launcher.console.LaunchException;
import org.millrace.launcher.process.Command;
import org.millrace.launcher.process.Processes;
import org.millrace.launcher.runtime.Folders;
import org.millrace.launcher.settings.Layout;
import org.millrace.launcher.settings.PrivateFile;

/**
 * A PostgreSQL server of our own, in the data folder, on the loopback address. It outlives the
 * command. After a crash its next start recovers.
 */
public final class EmbeddedDatabase {
  public static final String PART = "postgresql";
  private static final String SUPERUSER = "postgres";
  private static final Duration STOP_GRACE = Duration.ofSeconds(60);

  private final Path binaries;
  private final Path folder;
  private final Path data;
  private final Path log;
  private final OrdinaryUser user;

  /**
   * @param binaries the folder with {@code bin/postgres}
   */
  public EmbeddedDatabase(Path binaries, Layout layout) throws IOException, InterruptedException {
    this.binaries = binaries;
    this.folder = layout.postgres();
    this.data = folder.resolve("data");
    this.log = layout.log(PART);
    this.user = OrdinaryUser.find(log);
  }

  /**
   * Starts the server; makes the cluster first where there is none.
   *
   * @return whether the cluster is new
   */
  public boolean start(int port, String superuserPassword)
      throws IOException, InterruptedException {
    boolean fresh = !Files.exists(data.resolve("PG_VERSION"));
    if (fresh) {
      initialize(superuserPassword);
    }
    removeStalePid();
    Files.writeString(data.resolve("postgresql.conf"), configuration(port));
    if (pgCtl("start", "-w", "-t", "60", "-l", log.toString()) != 0) {
      throw new LaunchException("PostgreSQL did not start", log);
    }
    return fresh;
  }

  /** As the superuser, to the database that is always there. */
  public static DatabaseAccess superuser(int port, String password) {
    return new DatabaseAccess(url(port, "postgres"), SUPERUSER, password);
  }

  public static String url(int port, String database) {
    return "jdbc:postgresql://127.0.0.1:%d/%s".formatted(port, database);
  }

  public static Optional<ProcessHandle> running(Layout layout) {
    return postmaster(layout.postgres().resolve("data"));
  }

  /** Ends open transactions, writes what must be written, stops. */
  public void stop() throws IOException, InterruptedException {
    var postmaster = postmaster(data);
    if (postmaster.isPresent()
        && pgCtl("stop", "-m", "fast", "-w", "-t", Long.toString(STOP_GRACE.toSeconds())) != 0) {
      Processes.stop(postmaster.get(), STOP_GRACE);
    }
  }

  /** Made beside its place and moved there whole: an interrupted start leaves no half a cluster. */
  private void initialize(String superuserPassword) throws IOException, InterruptedException {
    PrivateFile.createFolder(folder);
    var unfinished = folder.resolve("unfinished");
    Folders.delete(unfinished);
    PrivateFile.createFolder(unfinished);
    var password = folder.resolve("password");
    PrivateFile.write(password, superuserPassword + "\n");
    user.prepare(folder);
    try {
      var command =
          List.of(
              binaries.resolve("bin/initdb").toString(),
              "--pgdata=" + unfinished,
              "--username=" + SUPERUSER,
              "--pwfile=" + password,
              "--auth=scram-sha-256",
              "--encoding=UTF8",
              "--locale=C",
              "--locale-provider=builtin",
              "--builtin-locale=C.UTF-8",
              "--no-sync",
              "--no-instructions");
      if (Command.run(user.command(command), Map.of(), log) != 0) {
        throw new LaunchException("PostgreSQL's initdb failed", log);
      }
    } finally {
      Files.deleteIfExists(password);
    }
    Files.move(unfinished, data, StandardCopyOption.ATOMIC_MOVE);
  }

  private static String configuration(int port) {
    return """
    # Written at each start; put your own settings into postgresql.auto.conf (ALTER SYSTEM).
    listen_addresses = '127.0.0.1'
    port = %d
    # A socket's path is limited to 107 bytes, so a deep data folder could not have one.
    unix_socket_directories = ''
    max_connections = 200
    shared_buffers = 128MB
    timezone = 'UTC'
    log_timezone = 'UTC'
    datestyle = 'iso, ymd'
    jit = off
    """
        .formatted(port);
  }

  private int pgCtl(String action, String... options) throws IOException, InterruptedException {
    var command = new ArrayList<String>();
    command.add(binaries.resolve("bin/pg_ctl").toString());
    command.addAll(List.of(action, "-D", data.toString()));
    command.addAll(List.of(options));
    return Command.run(user.command(command), Map.of(), log);
  }

  /**
   * The server that holds this cluster, where one runs: its pid file may be older than the
   * machine's last boot.
   */
  private static Optional<ProcessHandle> postmaster(Path data) {
    try {
      var file = data.resolve("postmaster.pid");
      if (!Files.exists(file)) {
        return Optional.empty();
      }
      long pid = Long.parseLong(Files.readAllLines(file).getFirst().strip());
      return ProcessHandle.of(pid)
          .filter(Processes::isRunning)
          .filter(EmbeddedDatabase::isPostgres);
    } catch (IOException | NumberFormatException unreadable) {
      return Optional.empty();
    }
  }

  private static boolean isPostgres(ProcessHandle process) {
    return process.info().command().map(c -> c.endsWith("/postgres")).orElse(true);
  }

  /** A pid file whose process is somebody else's by now would keep the server from starting. */
  private void removeStalePid() throws IOException {
    if (postmaster(data).isEmpty()) {
      Files.deleteIfExists(data.resolve("postmaster.pid"));
    }
  }
}

package org.millrace.launcher.database;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.millrace.launcher.console.LaunchException;
import org.millrace.launcher.process.Command;

/**
 * PostgreSQL refuses to run as root. For root this finds a way to run it as somebody else: in a
 * user namespace of its own where the machine allows it (files stay root's), else as the user
 * {@code nobody}, who then must own the data folder and reach it.
 */
sealed interface OrdinaryUser {
  /** The command, wrapped. */
  List<String> command(List<String> plain);

  /** To be called before the folder is used by a wrapped command. */
  default void prepare(Path folder) throws IOException, InterruptedException {}

  /** Nothing to do: this command does not run as root. */
  record Already() implements OrdinaryUser {
    @Override
    public List<String> command(List<String> plain) {
      return plain;
    }
  }

  /** In a user namespace. */
  record Namespace() implements OrdinaryUser {
    @Override
    public List<String> command(List<String> plain) {
      return prepend(List.of("unshare", "-U"), plain);
    }
  }

  /** As {@code nobody}. */
  record Nobody(Path log) implements OrdinaryUser {
    private static final String ID = "65534";

    @Override
    public List<String> command(List<String> plain) {
      return prepend(List.of("setpriv", "--reuid=" + ID, "--regid=" + ID, "--clear-groups"), plain);
    }

    @Override
    public void prepare(Path folder) throws IOException, InterruptedException {
      Files.createDirectories(folder);
      run(List.of("chown", "-R", ID + ":" + ID, folder.toString()), log);
      if (run(command(List.of("test", "-w", folder.toString())), log) != 0) {
        throw new LaunchException(
            "PostgreSQL does not run as root, and the user nobody cannot reach %s: choose a folder that others may enter with --data, or start as an ordinary user"
                .formatted(folder));
      }
    }
  }

  static OrdinaryUser find(Path log) throws IOException, InterruptedException {
    if (!"root".equals(System.getProperty("user.name"))) {
      return new Already();
    }
    if (run(List.of("unshare", "-U", "true"), log) == 0) {
      return new Namespace();
    }
    if (run(List.of("setpriv", "--reuid=65534", "--clear-groups", "true"), log) == 0) {
      return new Nobody(log);
    }
    throw new LaunchException(
        "PostgreSQL does not run as root, and neither unshare nor setpriv works here: start as an ordinary user, or give an external database with MILLRACE_DB_URL");
  }

  private static int run(List<String> command, Path log) throws IOException, InterruptedException {
    try {
      return Command.run(command, Map.of(), log);
    } catch (IOException noSuchProgram) {
      return -1;
    }
  }

  private static List<String> prepend(List<String> wrapper, List<String> plain) {
    var whole = new ArrayList<>(wrapper);
    whole.addAll(plain);
    return List.copyOf(whole);
  }
}

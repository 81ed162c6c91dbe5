package org.millrace.launcher;

import java.nio.file.Path;
import org.millrace.launcher.runtime.Distributions;
import org.millrace.launcher.runtime.RuntimeFolder;
import org.millrace.launcher.runtime.Runtimes;

/** Where the command's own files lie: the source tree it was built in. */
record Installation(Path home) {
  /** As the {@code millrace} script says. */
  static Installation current() {
    return new Installation(
        Path.of(System.getProperty("millrace.home", ".")).toAbsolutePath().normalize());
  }

  Path ear() {
    return home.resolve("ear/target/millrace.ear");
  }

  Path demoModel() {
    return home.resolve("demo-model/model/millrace-demo.Q8_0.gguf");
  }

  Runtimes runtimes() {
    var folder = System.getenv("MILLRACE_RUNTIME");
    return new Runtimes(
        new RuntimeFolder(
            folder == null || folder.isBlank()
                ? home.resolve(".millrace/runtime")
                : Path.of(folder).toAbsolutePath()),
        Distributions.read(home.resolve("launcher/target/distributions.txt")));
  }

  Path defaultData() {
    var folder = System.getenv("MILLRACE_HOME");
    return folder == null || folder.isBlank() ? home.resolve("data") : Path.of(folder);
  }
}

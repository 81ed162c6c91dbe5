package org.millrace.launcher;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.millrace.launcher.settings.Layout;
import picocli.CommandLine.Option;

/** The option that all commands about a platform have. */
final class DataOption {
  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "The platform's folder; $MILLRACE_HOME, or data/ beside this command")
  private @Nullable Path data;

  Layout layout() {
    return new Layout(data == null ? Installation.current().defaultData() : data);
  }
}

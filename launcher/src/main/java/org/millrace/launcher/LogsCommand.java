package org.millrace.launcher;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.millrace.launcher.console.LaunchException;
import org.millrace.launcher.console.LogFollower;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "logs",
    description = "Follow the logs of all parts; Ctrl-C ends it.",
    mixinStandardHelpOptions = true)
final class LogsCommand implements Callable<Integer> {
  @Mixin private DataOption data = new DataOption();

  @Option(names = "--no-follow", description = "Print what is there and return")
  private boolean noFollow;

  @Override
  public Integer call() throws Exception {
    var follower = new LogFollower(logs(), System.out);
    follower.printEnd();
    if (!noFollow) {
      follower.follow();
    }
    return 0;
  }

  private List<Path> logs() throws IOException {
    var folder = data.layout().logs();
    if (!Files.isDirectory(folder)) {
      throw new LaunchException(
          "no logs in %s: start the platform with `./millrace up`, or name its folder with --data"
              .formatted(folder));
    }
    try (var files = Files.list(folder)) {
      return files.filter(f -> f.toString().endsWith(".log")).sorted().toList();
    }
  }
}

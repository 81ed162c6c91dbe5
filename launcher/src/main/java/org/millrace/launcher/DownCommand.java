package org.millrace.launcher;

import java.util.concurrent.Callable;
import org.millrace.launcher.console.Progress;
import org.millrace.launcher.platform.Platform;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
    name = "down",
    description = "Stop the platform in order; what runs is finished or settled.",
    mixinStandardHelpOptions = true)
final class DownCommand implements Callable<Integer> {
  @Mixin private DataOption data = new DataOption();

  @Override
  public Integer call() throws Exception {
    var progress = Progress.to(System.out);
    new Platform(data.layout(), Installation.current().runtimes(), progress).stop();
    progress.say("nothing of %s is running".formatted(data.layout().data()));
    return 0;
  }
}

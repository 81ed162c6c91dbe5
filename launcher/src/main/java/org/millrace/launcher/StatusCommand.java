package org.millrace.launcher;

import java.util.concurrent.Callable;
import org.millrace.launcher.platform.StatusReport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(name = "status", description = "How each part is.", mixinStandardHelpOptions = true)
final class StatusCommand implements Callable<Integer> {
  @Mixin private DataOption data = new DataOption();

  @Option(names = "--json", description = "As one JSON object")
  private boolean json;

  @Override
  public Integer call() throws Exception {
    var report = StatusReport.of(data.layout());
    System.out.println(json ? report.json() : report.text());
    return 0;
  }
}

package org.millrace.gpu.engine;

import static org.junit.platform.engine.discovery.ClassNameFilter.includeClassNamePatterns;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectPackage;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.millrace.gpu.CudaProbe;
import org.millrace.gpu.emulation.TestDevice;

/**
 * Runs the suite without Maven, on a machine that has a GPU and little else: a line per test, and a
 * status of 1 when one failed. {@code -Dmillrace.gpu=cuda:0} names the device.
 *
 * <p>With {@code --probe} it only says what devices there are, and fails where the one that was
 * named is not; with {@code --kernels} it leaves whole models out, which would take a sanitizer
 * hours.
 */
public final class GpuVerify {
  private final PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);

  private GpuVerify() {}

  public static void main(String[] arguments) {
    List<String> options = List.of(arguments);
    var verify = new GpuVerify();
    boolean good =
        options.contains("--probe") ? verify.probe() : verify.run(options.contains("--kernels"));
    System.exit(good ? 0 : 1);
  }

  private boolean probe() {
    if (!TestDevice.isReal()) {
      out.println("the emulated device");
      return true;
    }
    CudaProbe.Finding finding = CudaProbe.probe();
    finding.devices().forEach(out::println);
    List<Integer> there = finding.devices().stream().map(CudaProbe.Device::ordinal).toList();
    List<Integer> missing =
        TestDevice.numbers().stream().filter(number -> !there.contains(number)).toList();
    if (!missing.isEmpty()) {
      out.printf(
          "there is no usable GPU %s%s%n",
          String.join(", ", missing.stream().map(String::valueOf).toList()),
          finding.reason().isEmpty() ? "" : ": " + finding.reason());
    }
    return missing.isEmpty();
  }

  private boolean run(boolean kernelsOnly) {
    List<DiscoverySelector> packages = new ArrayList<>();
    packages.add(selectPackage("org.millrace.gpu.device"));
    if (!kernelsOnly) {
      packages.add(selectPackage("org.millrace.gpu.engine"));
    }
    var request =
        LauncherDiscoveryRequestBuilder.request()
            .selectors(packages)
            .filters(includeClassNamePatterns(".*Test"))
            .build();
    var summary = new SummaryGeneratingListener();
    LauncherFactory.create().execute(request, summary, new Lines(out));
    summary.getSummary().printFailuresTo(out, 20);
    long found = summary.getSummary().getTestsFoundCount();
    long failed = summary.getSummary().getTestsFailedCount();
    out.printf(
        "%d tests, %d failures, %d skipped%n",
        found, failed, summary.getSummary().getTestsAbortedCount());
    return failed == 0 && found > 0;
  }

  private record Lines(PrintWriter out) implements TestExecutionListener {
    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
      if (test.isTest()) {
        out.printf("%-10s %s%n", result.getStatus(), test.getDisplayName());
      }
    }
  }
}

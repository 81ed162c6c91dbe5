package org.millrace.gpu.engine;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.millrace.gpu.device.CudaDeviceTest;

/**
 * Runs the suite without Maven, on a machine that has a GPU and little else: a line per test, and a
 * status of 1 when one failed. {@code -Dmillrace.gpu=cuda} names the device.
 */
public final class GpuVerify {
  private GpuVerify() {}

  public static void main(String[] arguments) {
    var request =
        LauncherDiscoveryRequestBuilder.request()
            .selectors(
                selectClass(CudaDeviceTest.class),
                selectClass(CudaEngineTest.class),
                selectClass(CudaConformanceTest.class))
            .build();
    var summary = new SummaryGeneratingListener();
    var out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
    LauncherFactory.create().execute(request, summary, new Lines(out));
    summary.getSummary().printFailuresTo(out, 20);
    long failed = summary.getSummary().getTestsFailedCount();
    out.printf(
        "%d tests, %d failures, %d skipped%n",
        summary.getSummary().getTestsFoundCount(),
        failed,
        summary.getSummary().getTestsAbortedCount());
    System.exit(failed == 0 ? 0 : 1);
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

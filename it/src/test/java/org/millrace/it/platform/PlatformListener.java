package org.millrace.it.platform;

import java.lang.System.Logger.Level;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestPlan;

/**
 * Starts the platform before the first test, because Arquillian asks for its ports before any
 * test's own code runs, and stops it after the last.
 */
public final class PlatformListener implements TestExecutionListener {
  private static final System.Logger LOG = System.getLogger(PlatformListener.class.getName());

  @Override
  public void testPlanExecutionStarted(TestPlan plan) {
    if (!plan.containsTests()) {
      return;
    }
    try {
      Platform.shared();
    } catch (IllegalStateException e) {
      // Listeners' exceptions are swallowed; each test that asks for the platform gets this one
      // again.
      LOG.log(Level.ERROR, "the platform did not start", e);
    }
  }

  @Override
  public void testPlanExecutionFinished(TestPlan plan) {
    Platform.stopShared();
  }
}

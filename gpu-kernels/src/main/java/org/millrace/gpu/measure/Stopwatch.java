package org.millrace.gpu.measure;

import org.millrace.gpu.driver.CudaContext;
import org.millrace.gpu.driver.CudaContext.Event;

/**
 * Takes the time of what runs on a device.
 *
 * @param times how often it runs one after the other, after once that does not count
 */
record Stopwatch(CudaContext context, int times) {

  /** Milliseconds of one run. */
  double millis(Runnable work) {
    work.run();
    try (Event before = context.newEvent();
        Event after = context.newEvent()) {
      before.record();
      for (int i = 0; i < times; i++) {
        work.run();
      }
      after.record();
      return after.millisSince(before) / times;
    }
  }
}

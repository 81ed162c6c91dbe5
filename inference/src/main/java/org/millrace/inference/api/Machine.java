package org.millrace.inference.api;

import org.millrace.inference.tensor.MemorySpeed;

/** What bounds an engine on this machine, whatever the model. */
public final class Machine {
  private Machine() {}

  /** Bytes of memory read per second by so many threads, measured now; takes about a second. */
  public static double memoryBytesPerSecond(int threads) {
    return MemorySpeed.measure(threads);
  }
}

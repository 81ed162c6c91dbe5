package org.millrace.gpu.placement;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** What all models of this process have taken of one device. Thread-safe. */
public final class DeviceBudget {
  private static final Map<String, DeviceBudget> ALL = new ConcurrentHashMap<>();

  private long taken;

  private DeviceBudget() {}

  /** That of a device, by what the driver's context calls it. */
  public static DeviceBudget of(String device) {
    return ALL.computeIfAbsent(device, _ -> new DeviceBudget());
  }

  /** Most that models may take of a device. */
  public static long limit(long memoryBytes, int percent) {
    return memoryBytes / 100 * percent;
  }

  /** Takes so much unless that would be more than the limit; returns whether it did. */
  public synchronized boolean take(long bytes, long limit) {
    if (bytes > limit - taken) {
      return false;
    }
    taken += bytes;
    return true;
  }

  /** Gives back what was taken. */
  public synchronized void giveBack(long bytes) {
    taken -= bytes;
  }

  /** Bytes taken, by all models. */
  public synchronized long taken() {
    return taken;
  }
}

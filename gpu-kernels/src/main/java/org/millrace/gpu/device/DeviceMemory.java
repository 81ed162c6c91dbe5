package org.millrace.gpu.device;

import java.util.ArrayDeque;
import java.util.Deque;
import org.millrace.gpu.driver.CudaContext;
import org.millrace.gpu.driver.DeviceLostException;
import org.millrace.gpu.driver.DeviceMemoryException;
import org.millrace.inference.api.ModelLoadException;

/** What one model takes of a device's memory, given back together. */
final class DeviceMemory implements AutoCloseable {
  private final CudaContext context;
  private final Deque<Long> taken = new ArrayDeque<>();
  private long bytes;

  DeviceMemory(CudaContext context) {
    this.context = context;
  }

  /**
   * Takes memory of unknown content; of nothing the smallest piece, so that every address is good.
   *
   * @throws ModelLoadException when the device has not that much
   */
  long take(long wanted, String what) {
    try {
      long address = context.allocate(Math.max(1, wanted));
      taken.push(address);
      bytes += wanted;
      return address;
    } catch (DeviceMemoryException full) {
      throw new ModelLoadException(
          "%s has %d MiB of its %d MiB free; %s needs %d MiB beside the %d MiB this model has taken"
              .formatted(
                  context.name(),
                  context.freeBytes() >> 20,
                  context.memoryBytes() >> 20,
                  what,
                  Math.ceilDiv(wanted, 1L << 20),
                  bytes >> 20),
          full);
    }
  }

  /** Takes memory and sets it to zero. */
  long takeZeroed(long wanted, String what) {
    long address = take(wanted, what);
    context.fill(address, 0, Math.max(1, wanted));
    return address;
  }

  /** Bytes taken so far. */
  long bytes() {
    return bytes;
  }

  @Override
  public void close() {
    try {
      taken.forEach(context::free);
    } catch (DeviceLostException lost) {
      // Its memory is gone with it.
      System.getLogger(DeviceMemory.class.getName())
          .log(System.Logger.Level.WARNING, context.name() + " was lost", lost);
    }
    taken.clear();
  }
}

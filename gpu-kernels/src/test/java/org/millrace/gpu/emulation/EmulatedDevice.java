package org.millrace.gpu.emulation;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.millrace.gpu.driver.CudaContext.Grid;
import org.millrace.gpu.driver.CudaStatus;

/** What all who use one emulated device share: its memory, its fate, and what it was seen to do. */
public final class EmulatedDevice {
  private static final long ROOMY_BYTES = 1L << 40;

  private final String id;
  private long memoryBytes = ROOMY_BYTES;
  private long allocatedBytes;
  private int allocations;
  private int pins;
  private boolean lost;
  private int launchesLeft = -1;
  private @Nullable List<Launch> launches;

  /** A kernel that ran: its name, its grid and its arguments, byte by byte. */
  public record Launch(String kernel, Grid grid, List<Byte> arguments) {}

  EmulatedDevice(String id) {
    this.id = id;
  }

  String id() {
    return id;
  }

  public long memoryBytes() {
    return memoryBytes;
  }

  /** Bytes that are allocated on it. */
  public long allocatedBytes() {
    return allocatedBytes;
  }

  /** How often memory was taken since it is there, pinned memory of the host included. */
  public int allocations() {
    return allocations + pins;
  }

  /** Lets it have so much memory and no more. */
  public void limit(long bytes) {
    memoryBytes = bytes;
  }

  /** From here on every call fails, as after a fault of a real device. */
  public void lose() {
    lost = true;
  }

  /** Lets it be lost in the middle of a step: after so many more kernels. */
  public void loseAfter(int moreLaunches) {
    launchesLeft = moreLaunches;
  }

  /** As if it had been taken out and put in again. */
  public void repair() {
    lost = false;
    launchesLeft = -1;
    memoryBytes = ROOMY_BYTES;
  }

  /** Remembers the kernels that run from here on. */
  public List<Launch> watchLaunches() {
    launches = new ArrayList<>();
    return launches;
  }

  void took(long bytes) {
    allocatedBytes += bytes;
    allocations++;
  }

  void pinned() {
    pins++;
  }

  void gaveBack(long bytes) {
    allocatedBytes -= bytes;
  }

  void launched(String kernel, Grid grid, byte[] arguments) {
    if (launchesLeft >= 0 && launchesLeft-- == 0) {
      lost = true;
    }
    refuseLost("running " + kernel);
    if (launches != null) {
      List<Byte> bytes = new ArrayList<>();
      for (byte one : arguments) {
        bytes.add(one);
      }
      launches.add(new Launch(kernel, grid, bytes));
    }
  }

  void refuseLost(String what) {
    if (lost) {
      throw CudaStatus.failure(719, what);
    }
  }
}

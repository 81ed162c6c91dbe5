package org.millrace.inference.tensor;

import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.millrace.inference.api.Machine;

class MemorySpeedTest {

  @Test
  void memoryIsReadFasterThanAnyDiskAndSlowerThanAnyCache() {
    double gigabytes = Machine.memoryBytesPerSecond(2) / 1e9;
    assertTrue(gigabytes > 0.5 && gigabytes < 5_000, gigabytes + " GB/s");
  }
}

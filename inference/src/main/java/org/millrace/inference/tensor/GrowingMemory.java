package org.millrace.inference.tensor;

import java.lang.foreign.Arena;

/**
 * Memory that is taken when it is first needed and grows to the largest piece of work; from then on
 * it is only reused. Content is lost when it grows.
 */
final class GrowingMemory implements AutoCloseable {
  private Arena arena = Arena.ofShared();
  private long address;
  private long bytes;

  /** The address of at least so many bytes, aligned to cache lines. */
  long atLeast(long wanted) {
    if (wanted > bytes) {
      arena.close();
      arena = Arena.ofShared();
      bytes = 0;
      address = arena.allocate(wanted, 64).address();
      bytes = wanted;
    }
    return address;
  }

  @Override
  public void close() {
    if (arena.scope().isAlive()) {
      arena.close();
    }
  }
}

package org.millrace.gpu.driver;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A kernel's one argument, a struct, filled field by field in the order the kernel declares them;
 * each field lies where a C compiler puts it. Used again for every launch.
 */
public final class Arguments {
  private static final int BYTES_MAX = 512;

  private final MemorySegment memory = Arena.ofAuto().allocate(BYTES_MAX, 16);
  private int size;

  /** Begins anew. */
  public Arguments clear() {
    size = 0;
    return this;
  }

  /** A pointer or an {@code int64_t}. */
  public Arguments put(long value) {
    size = (size + 7) & -8;
    memory.set(ValueLayout.JAVA_LONG, size, value);
    size += Long.BYTES;
    return this;
  }

  /** An {@code int}. */
  public Arguments put(int value) {
    memory.set(ValueLayout.JAVA_INT, size, value);
    size += Integer.BYTES;
    return this;
  }

  /** A {@code float}. */
  public Arguments put(float value) {
    memory.set(ValueLayout.JAVA_FLOAT, size, value);
    size += Float.BYTES;
    return this;
  }

  /** A {@code double}. */
  public Arguments put(double value) {
    return put(Double.doubleToRawLongBits(value));
  }

  /** An {@code int} that is 0 or 1. */
  public Arguments put(boolean value) {
    return put(value ? 1 : 0);
  }

  /** The struct. */
  public MemorySegment memory() {
    return memory;
  }

  /** Its size: every kernel's struct holds a pointer, so it is a multiple of eight. */
  public int bytes() {
    return (size + 7) & -8;
  }
}

package org.millrace.inference.tensor;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;

/**
 * Zeroed memory that takes room only where it is touched: the system hands out pages of zeros as
 * they are first written to, whereas Java's arenas write their zeros themselves. For one thread.
 *
 * <p>Every call catches {@code Throwable}, because that is what a method handle declares.
 */
@SuppressWarnings("checkstyle:illegalcatch")
final class UntouchedMemory implements AutoCloseable {
  private static final long ALIGNMENT_BYTES = 64;
  private static final MethodHandle CALLOC =
      standard(
          "calloc",
          FunctionDescriptor.of(
              ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));
  private static final MethodHandle FREE =
      standard("free", FunctionDescriptor.ofVoid(ValueLayout.JAVA_LONG));

  private final List<Long> taken = new ArrayList<>();

  private static MethodHandle standard(String name, FunctionDescriptor descriptor) {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), descriptor);
  }

  /**
   * The address of so many bytes, aligned to cache lines.
   *
   * @throws OutOfMemoryError when the system has no more
   */
  long allocate(long bytes) {
    long address;
    try {
      address = (long) CALLOC.invokeExact(1L, Math.addExact(bytes, ALIGNMENT_BYTES));
    } catch (Throwable thrown) {
      throw new IllegalStateException("calloc cannot be called", thrown);
    }
    if (address == 0) {
      throw new OutOfMemoryError("cannot take %d bytes".formatted(bytes));
    }
    taken.add(address);
    return (address + ALIGNMENT_BYTES - 1) / ALIGNMENT_BYTES * ALIGNMENT_BYTES;
  }

  /** Gives everything back. Closing twice does nothing. */
  @Override
  public void close() {
    for (long address : taken) {
      try {
        FREE.invokeExact(address);
      } catch (Throwable thrown) {
        throw new IllegalStateException("free cannot be called", thrown);
      }
    }
    taken.clear();
  }
}

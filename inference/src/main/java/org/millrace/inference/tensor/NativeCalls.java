package org.millrace.inference.tensor;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Objects;

/**
 * The functions of {@code millrace.c}. Only to be touched where {@link NativeLibrary} has symbols.
 *
 * <p>Short ones are called as critical, without leaving Java's state; a product or a tile of
 * attention may take most of a millisecond, for which a garbage collection must not have to wait.
 *
 * <p>Every call catches {@code Throwable}, because that is what a method handle declares.
 */
@SuppressWarnings("checkstyle:illegalcatch")
final class NativeCalls {
  private static final ValueLayout.OfLong ADDRESS = ValueLayout.JAVA_LONG;
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

  private static final MethodHandle KERNELS = value("kernels", ADDRESS, INT);
  private static final MethodHandle NAME = value("name", ADDRESS, ADDRESS);
  private static final MethodHandle ACTIVATION_BYTES = value("activation_bytes", ADDRESS, INT);
  private static final MethodHandle QUANTIZE =
      plain("quantize", ADDRESS, ADDRESS, INT, INT, INT, INT, ADDRESS);
  private static final MethodHandle MULTIPLY = plain("multiply", ADDRESS, ADDRESS);
  private static final MethodHandle ATTEND = plain("attend", ADDRESS, ADDRESS);
  private static final MethodHandle NORM =
      critical("norm", ADDRESS, ADDRESS, ADDRESS, FLOAT, INT, ADDRESS);
  private static final MethodHandle ADD_SCALED =
      critical("add_scaled", ADDRESS, ADDRESS, ADDRESS, FLOAT, INT);
  private static final MethodHandle SCALE = critical("scale", ADDRESS, ADDRESS, FLOAT, INT);
  private static final MethodHandle ACTIVATE =
      critical("activate", ADDRESS, INT, ADDRESS, ADDRESS, INT);
  private static final MethodHandle SOFT_CAP = critical("soft_cap", ADDRESS, ADDRESS, FLOAT, INT);
  private static final MethodHandle MOST_LIKELY = value("most_likely", INT, ADDRESS, ADDRESS, INT);
  private static final MethodHandle READ = value("read", ADDRESS, ADDRESS, ADDRESS, ADDRESS);
  private static final MethodHandle ROTATE =
      critical("rotate", ADDRESS, INT, ADDRESS, ADDRESS, ADDRESS, INT);

  private NativeCalls() {}

  private static final MethodHandle PIN = value("pin", INT, INT);
  private static final MethodHandle MAY_USE = value("may_use", INT, INT);
  private static final MethodHandle THREAD = value("thread", INT);
  private static final MethodHandle BRING = value("bring", INT, INT);
  private static final MethodHandle LEAVE = value("leave", INT);

  private static MethodHandle plain(String name, MemoryLayout... arguments) {
    return link(name, FunctionDescriptor.ofVoid(arguments));
  }

  private static MethodHandle critical(String name, MemoryLayout... arguments) {
    return link(name, FunctionDescriptor.ofVoid(arguments), Linker.Option.critical(false));
  }

  private static MethodHandle value(String name, MemoryLayout result, MemoryLayout... arguments) {
    return link(name, FunctionDescriptor.of(result, arguments));
  }

  private static MethodHandle link(
      String name, FunctionDescriptor descriptor, Linker.Option... options) {
    var symbols = Objects.requireNonNull(NativeLibrary.instance().symbols());
    return Linker.nativeLinker()
        .downcallHandle(symbols.findOrThrow("millrace_" + name), descriptor, options);
  }

  /** The kernels for this machine, 0 where there are none. */
  static long kernels(boolean modest) {
    try {
      return (long) KERNELS.invokeExact(modest ? 1 : 0);
    } catch (Throwable thrown) {
      throw failed(thrown);
    }
  }

  /** The address of their name. */
  static long name(long kernels) {
    try {
      return (long) NAME.invokeExact(kernels);
    } catch (Throwable thrown) {
      throw failed(thrown);
    }
  }

  static long activationBytes(int columns) {
    try {
      return (long) ACTIVATION_BYTES.invokeExact(columns);
    } catch (Throwable thrown) {
      throw failed(thrown);
    }
  }

  /** Of each row so many columns from {@code from} on; {@code in} has nothing but these. */
  static void quantize(
      long kernels, long in, int columns, int from, int count, int rows, long out) {
    try {
      QUANTIZE.invokeExact(kernels, in, columns, from, count, rows, out);
    } catch (Throwable thrown) {
      throw failed(thrown);
    }
  }

  /**
   * @param product the address of a {@code struct product}
   */
  static void multiply(long kernels, long product) {
    try {
      MULTIPLY.invokeExact(kernels, product);
    } catch (Throwable thrown) {
      throw failed(thrown);
    }
  }

  /**
   * @param attention the address of a {@code struct attention}
   */
  static void attend(long kernels, long attention) {
    try {
      ATTEND.invokeExact(kernels, attention);
    } catch (Throwable thrown) {
      throw failed(thrown);
    }
  }

  static void norm(long kernels, long x, long weight, float epsilon, int count, long out) {
    try {
      NORM.invokeExact(kernels, x, weight, epsilon, count, out);
    } catch (Throwable thrown) {
      throw failed(thrown);
    }
  }

  static void addScaled(long kernels, long x, long y, float factor, int count) {
    try {
      ADD_SCALED.invokeExact(kernels, x, y, factor, count);
    } catch (Throwable thrown) {
      throw failed(thrown);
    }
  }

  static void scale(long kernels, long x, float factor, int count) {
    try {
      SCALE.invokeExact(kernels, x, factor, count);
    } catch (Throwable thrown) {
      throw failed(thrown);
    }
  }

  static void activate(long kernels, int gelu, long gate, long up, int count) {
    try {
      ACTIVATE.invokeExact(kernels, gelu, gate, up, count);
    } catch (Throwable thrown) {
      throw failed(thrown);
    }
  }

  static void softCap(long kernels, long x, float cap, int count) {
    try {
      SOFT_CAP.invokeExact(kernels, x, cap, count);
    } catch (Throwable thrown) {
      throw failed(thrown);
    }
  }

  static int mostLikely(long kernels, long x, int count) {
    try {
      return (int) MOST_LIKELY.invokeExact(kernels, x, count);
    } catch (Throwable thrown) {
      throw failed(thrown);
    }
  }

  static long read(long kernels, long from, long bytes) {
    try {
      return (long) READ.invokeExact(kernels, from, bytes);
    } catch (Throwable thrown) {
      throw failed(thrown);
    }
  }

  static void rotate(long kernels, int halves, long x, long cos, long sin, int dimensions) {
    try {
      ROTATE.invokeExact(kernels, halves, x, cos, sin, dimensions);
    } catch (Throwable thrown) {
      throw failed(thrown);
    }
  }

  /** Has the calling thread run on one processor only; 0, or the system's number of why not. */
  static int pin(int cpu) {
    try {
      return (int) PIN.invokeExact(cpu);
    } catch (Throwable thrown) {
      throw failed(thrown);
    }
  }

  /** Whether the calling thread may run on a processor: 1 or 0; -1 where the system cannot say. */
  static int mayUse(int cpu) {
    try {
      return (int) MAY_USE.invokeExact(cpu);
    } catch (Throwable thrown) {
      throw failed(thrown);
    }
  }

  /** The calling thread's number with the system; -1 where the system places threads alone. */
  static int thread() {
    try {
      return (int) THREAD.invokeExact();
    } catch (Throwable thrown) {
      throw failed(thrown);
    }
  }

  /** Moves a thread to the calling thread's processor; 0, or the system's number of why not. */
  static int bring(int thread) {
    try {
      return (int) BRING.invokeExact(thread);
    } catch (Throwable thrown) {
      throw failed(thrown);
    }
  }

  /** Moves the calling thread to another processor; 0, or the system's number of why not. */
  static int leave() {
    try {
      return (int) LEAVE.invokeExact();
    } catch (Throwable thrown) {
      throw failed(thrown);
    }
  }

  /** C throws nothing; what arrives here is the virtual machine's own. */
  private static RuntimeException failed(Throwable thrown) {
    if (thrown instanceof Error error) {
      throw error;
    }
    return thrown instanceof RuntimeException runtime
        ? runtime
        : new IllegalStateException("a native call failed", thrown);
  }
}

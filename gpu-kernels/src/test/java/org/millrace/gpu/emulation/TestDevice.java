package org.millrace.gpu.emulation;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.List;
import java.util.stream.Stream;
import org.millrace.gpu.driver.CudaContext;
import org.millrace.gpu.driver.NvidiaContext;
import org.millrace.gpu.emulation.EmulatedContext.Order;

/**
 * The device that the suite runs on: the emulated one, or with {@code -Dmillrace.gpu=cuda:0} one of
 * the driver's, real or a {@link StandIn}, where there is but one order of threads.
 */
public final class TestDevice {
  private static final String WANTED = System.getProperty("millrace.gpu", "");
  private static final boolean REAL = WANTED.startsWith("cuda");

  private TestDevice() {}

  /** Whether it is a real one. */
  public static boolean isReal() {
    return REAL;
  }

  /** Skips the calling test, saying why, where there is no compiler to build the emulation. */
  public static void assumeThere() {
    assumeTrue(
        REAL && !StandIn.isMissing() || EmulatedLibrary.isThere(),
        "skipped: "
            + EmulatedLibrary.FILE
            + " was not built, because this machine has no g++; install it to test the CUDA"
            + " kernels");
  }

  /** The numbers of the real ones. */
  public static List<Integer> numbers() {
    String numbers = WANTED.startsWith("cuda:") ? WANTED.substring("cuda:".length()) : "0";
    return Stream.of(numbers.split(",")).map(Integer::valueOf).toList();
  }

  /** As {@code EngineOptions} wants it. */
  public static String name() {
    return REAL ? WANTED : "emulated:upwards";
  }

  /** The same, with its threads in another order. */
  public static String another() {
    return REAL ? WANTED : "emulated:scattered";
  }

  /** Opens it; the order is that of the emulated one's threads. */
  public static CudaContext open(Order order) {
    return REAL ? NvidiaContext.open(numbers().getFirst()) : EmulatedContext.late(order);
  }
}

package org.millrace.gpu.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.millrace.gpu.driver.CudaContext;
import org.millrace.gpu.driver.KernelModule;
import org.millrace.gpu.emulation.EmulatedContext.Order;
import org.millrace.gpu.emulation.TestDevice;
import org.millrace.gpu.measure.KernelFloors.Line;
import org.millrace.gpu.measure.KernelFloors.Sizes;
import org.millrace.gpu.measure.Work.Rate;

class KernelFloorsTest {
  private static final Sizes SMALL = new Sizes(256, 70, 300, 2000, 1 << 16, 1, 1);

  private final Set<String> started = new TreeSet<>();

  /** A device that notes the kernels it is asked for. */
  private CudaContext open() {
    CudaContext device = TestDevice.open(Order.UPWARDS);
    return (CudaContext)
        Proxy.newProxyInstance(
            CudaContext.class.getClassLoader(),
            new Class<?>[] {CudaContext.class},
            (_, method, arguments) -> {
              if (method.getName().equals("kernel")) {
                started.add((String) arguments[0]);
              }
              try {
                return method.invoke(device, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  @Test
  void everyKernelThatStepsRunHasALineOrAPartInOne() {
    TestDevice.assumeThere();
    List<Line> lines = new KernelFloors(this::open, SMALL).measure();
    for (Line line : lines) {
      assertTrue(line.bytes() > 0 && line.floorMillis() > 0 && line.millis() > 0, line.name());
    }
    Set<String> families = new TreeSet<>();
    started.forEach(kernel -> families.add(family(kernel)));
    for (String kernel : kernels()) {
      // The device is emulated with all that the newest chips have.
      boolean measured =
          families.contains(family(kernel)) || families.contains("wide_" + family(kernel));
      assertTrue(measured, kernel + " is in none of the lines");
    }
  }

  /** Sizes of one kernel are one family. */
  private static String family(String kernel) {
    return kernel
        .replaceFirst("^(attend_\\w+|matvec_\\w+)_\\d+$", "$1")
        .replaceFirst("^(matmul_\\w+?)_(narrow|wide|\\d+)$", "$1");
  }

  private static Set<String> kernels() {
    Set<String> kernels = new TreeSet<>();
    var entries =
        Pattern.compile("\\.entry (\\w+)\\(")
            .matcher(new String(KernelModule.ptx(), StandardCharsets.US_ASCII));
    while (entries.find()) {
      kernels.add(entries.group(1));
    }
    assertTrue(kernels.size() > 50, "kernels in the PTX");
    return kernels;
  }

  @Test
  void aFloorIsTheSlowestOfWhatMustBeMovedAndDone() {
    Map<Rate, Double> rates = new EnumMap<>(Map.of(Rate.BYTES, 1e12, Rate.FUSED, 1e10));
    var ceilings = new Ceilings(1e9, rates);
    assertEquals(2, ceilings.floorMillis(new Work(2_000_000, Rate.BYTES, 1_000, 10)), 1e-9);
    assertEquals(3, ceilings.floorMillis(new Work(1, Rate.BYTES, 3_000_000_000L, 10)), 1e-9);
    assertEquals(4, ceilings.floorMillis(new Work(1, Rate.BYTES, 1, 40_000_000)), 1e-9);
    assertEquals(0.5, new Line("half", 1, 1, 2, 4).ofFloor(), 1e-9);
  }

  @Test
  void theReportNamesTheCeilingsThatWereMeasuredBesideTheTable() {
    TestDevice.assumeThere();
    List<String> report = new KernelFloors(this::open, SMALL).report();
    assertTrue(report.getFirst().matches("copying: \\d+ GB/s"), report.getFirst());
    assertTrue(report.contains("kernel, bytes, operations, floor ms, ms, floor / ms"));
    assertTrue(report.stream().anyMatch(line -> line.startsWith("tensor cores, tf32: ")));
    // 256 x 256 weights of 4.5 bits, a row of 256 floats in and one out; each block scaled.
    String first = "Q4_0 x 1, %d, %d, ".formatted(36_864 + 2_048, 131_072 + 8_192);
    assertTrue(report.stream().anyMatch(line -> line.startsWith(first)), report.toString());
  }
}

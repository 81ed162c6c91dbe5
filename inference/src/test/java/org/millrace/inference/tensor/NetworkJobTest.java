package org.millrace.inference.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.Arena;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.millrace.inference.api.EngineOptions;
import org.millrace.inference.cache.KvLayout;
import org.millrace.inference.cache.KvPool;
import org.millrace.inference.gguf.GgmlType;

/** Networks of which some columns are computed at a time. */
class NetworkJobTest {
  private static final int WIDTH = 32;
  private static final int HIDDEN = 1056;
  private static final int ROWS = 1500;

  private final Arena arena = Arena.ofShared();
  private final Randoms randoms = new Randoms(5, arena);

  @AfterEach
  void free() {
    arena.close();
  }

  @ParameterizedTest
  @EnumSource(
      value = EngineOptions.Kernels.class,
      names = {"VECTOR", "NATIVE"})
  void slicesGiveTheBitsOfTheWhole(EngineOptions.Kernels kernels) {
    assumeTrue(
        kernels != EngineOptions.Kernels.NATIVE || NativeLibrary.instance().symbols() != null,
        "skipped: " + NativeLibrary.instance().reason());
    assertTrue(NetworkJob.sliceColumns(ROWS, HIDDEN, 2) < HIDDEN);
    for (GgmlType[] types :
        new GgmlType[][] {
          {GgmlType.Q4_0, GgmlType.Q8_0, GgmlType.Q5_1},
          {GgmlType.F16, GgmlType.Q4_0, GgmlType.Q4_0},
          {GgmlType.Q8_0, GgmlType.Q8_0, GgmlType.F32}
        }) {
      check(kernels, types);
    }
  }

  private void check(EngineOptions.Kernels kernels, GgmlType[] types) {
    var layout = new KvLayout(1, 1, 32, Float.BYTES);
    try (var pool = new KvPool(layout, 32);
        var device = new CpuDevice(KernelChoice.of(kernels), 2, pool, ROWS)) {
      Buffer in = new Buffer(randoms.floats((long) ROWS * WIDTH), (long) ROWS * WIDTH);
      Projection gate = projection(device, types[0], HIDDEN, WIDTH, (long) ROWS * HIDDEN);
      Projection up = projection(device, types[1], HIDDEN, WIDTH, (long) ROWS * HIDDEN);
      Projection down = projection(device, types[2], WIDTH, HIDDEN, (long) ROWS * WIDTH);
      device.project(in, ROWS, gate, up);
      device.activate(Activation.SILU, gate.out(), up.out(), (long) ROWS * HIDDEN);
      device.project(gate.out(), ROWS, down);
      long whole = randoms.copy(down.out().address(), down.out().floats());
      long floats = device.hiddenFloats(ROWS, HIDDEN);
      assertTrue(floats < (long) ROWS * HIDDEN);
      device.feedForward(
          in,
          ROWS,
          new GatedNetwork(
              into(device, gate, floats), into(device, up, floats), Activation.SILU, down));
      for (long i = 0; i < down.out().floats(); i++) {
        assertEquals(Memory.getInt(whole + 4 * i), Memory.getInt(down.out().at(i)), "element " + i);
      }
    }
  }

  private Projection projection(
      TensorDevice device, GgmlType type, int rows, int columns, long outFloats) {
    long weights = randoms.blocks(type, (long) rows * columns);
    var bias = new Buffer(randoms.floats(rows), rows);
    var matrix = new Matrix(type, rows, columns, weights);
    return new Projection(matrix, bias, device.allocate(outFloats), false);
  }

  private static Projection into(TensorDevice device, Projection projection, long floats) {
    return new Projection(projection.weights(), projection.bias(), device.allocate(floats), false);
  }

  @Test
  void noStepNeedsLargerSlicesThanTheBuffersHave() {
    for (int members : new int[] {1, 2, 64}) {
      for (int rows = 1; rows <= 5000; rows++) {
        long slice = (long) rows * NetworkJob.sliceColumns(rows, 14336, members);
        assertTrue(slice <= NetworkJob.sliceFloatsMax(5000, 14336, members), rows + " rows");
      }
    }
  }
}

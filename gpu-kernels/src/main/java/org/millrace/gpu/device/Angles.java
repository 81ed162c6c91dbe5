package org.millrace.gpu.device;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;
import org.millrace.gpu.driver.Arguments;
import org.millrace.gpu.driver.CudaContext.Grid;
import org.millrace.inference.tensor.Rotation;

/** Cosines and sines of a step's positions under one rotation, computed once for all layers. */
final class Angles {
  private final Launcher launcher;
  private final Rotation rotation;
  private final long frequencies;
  private final long cosines;
  private final long sines;
  private boolean current;

  Angles(Launcher launcher, DeviceMemory memory, Rotation rotation, int rowsMax) {
    this.launcher = launcher;
    this.rotation = rotation;
    int pairs = pairs();
    this.frequencies = memory.take(8L * pairs, "rotations");
    this.cosines = memory.take(4L * rowsMax * pairs, "rotations");
    this.sines = memory.take(4L * rowsMax * pairs, "rotations");
    try (var arena = Arena.ofConfined()) {
      MemorySegment table = arena.allocateFrom(ValueLayout.JAVA_DOUBLE, rotation.frequencies());
      launcher.context().upload(table, frequencies, table.byteSize());
      launcher.context().synchronize();
    }
  }

  Rotation rotation() {
    return rotation;
  }

  private int pairs() {
    return rotation.dimensions() / 2;
  }

  /** The next use computes them anew. */
  void forget() {
    current = false;
  }

  /** Computes them, unless this step has them already. */
  void compute(int rows, StepTables tables) {
    if (current) {
      return;
    }
    launcher
        .arguments()
        .put(tables.positions())
        .put(frequencies)
        .put(cosines)
        .put(sines)
        .put(rotation.magnitude())
        .put(rows)
        .put(pairs());
    launcher.run("angles", Grid.over((long) rows * pairs(), 128));
    current = true;
  }

  /** Where cosines and sines are; of none, nowhere. */
  static void put(@Nullable Angles angles, Arguments arguments) {
    arguments.put(angles == null ? 0L : angles.cosines).put(angles == null ? 0L : angles.sines);
  }

  /** How many pairs of a head are turned, and whether they are neighbours. */
  static void putStyle(@Nullable Angles angles, Arguments arguments) {
    arguments
        .put(angles == null ? 0 : angles.pairs())
        .put(angles != null && angles.rotation.style() == Rotation.Style.NEIGHBOURS);
  }
}

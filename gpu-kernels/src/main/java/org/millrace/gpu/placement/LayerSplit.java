package org.millrace.gpu.placement;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Which layers go to which device: to as few devices as hold the model, each of those filled to
 * about the same part of what it has room for.
 */
public final class LayerSplit {
  // Finer than any layer of a model with fewer layers than this.
  private static final int STEPS = 256;

  private LayerSplit() {}

  /**
   * How many layers each device computes, devices in the order they are given; empty where all of
   * them together are too small.
   *
   * @param rooms bytes each device has room for, those to be preferred first
   */
  public static Optional<List<Integer>> of(ModelSizes sizes, List<Long> rooms) {
    for (int count = 1; count <= Math.min(rooms.size(), sizes.layers().size()); count++) {
      for (int step = 1; step <= STEPS; step++) {
        Optional<List<Integer>> split = filled(sizes, rooms.subList(0, count), step);
        if (split.isPresent()) {
          return split;
        }
      }
    }
    return Optional.empty();
  }

  /** Fills one device after the other to a part of its room; each must get a layer at least. */
  private static Optional<List<Integer>> filled(ModelSizes sizes, List<Long> rooms, int step) {
    int[] layers = new int[rooms.size()];
    int next = 0;
    for (int i = 0; i < layers.length; i++) {
      boolean last = i == layers.length - 1;
      long left = rooms.get(i) / STEPS * step - sizes.fixed(i == 0, last);
      while (next < sizes.layers().size() && sizes.layers().get(next) <= left) {
        left -= sizes.layers().get(next++);
        layers[i]++;
      }
      if (layers[i] == 0 || left < 0) {
        return Optional.empty();
      }
    }
    return next == sizes.layers().size()
        ? Optional.of(Arrays.stream(layers).boxed().toList())
        : Optional.empty();
  }
}

package org.millrace.gpu.placement;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class LayerSplitTest {
  private static final long MIB = 1L << 20;

  /** Layers of 100 MiB between an input of 50 and an output of 80, and 20 MiB on each device. */
  private static ModelSizes model(int layers) {
    List<Long> sizes = new ArrayList<>();
    for (int i = 0; i < layers; i++) {
      sizes.add(100 * MIB);
    }
    return new ModelSizes(sizes, 0, 0, 50 * MIB, 80 * MIB, 0, 20 * MIB);
  }

  private static Optional<List<Integer>> split(int layers, long... mebibytes) {
    List<Long> rooms = new ArrayList<>();
    for (long room : mebibytes) {
      rooms.add(room * MIB);
    }
    return LayerSplit.of(model(layers), rooms);
  }

  @Test
  void aModelThatFitsTheFirstDeviceGoesThereWhole() {
    assertEquals(Optional.of(List.of(8)), split(8, 1000, 1000));
  }

  @Test
  void aModelIsSplitOverAsFewDevicesAsHoldItAndEachIsFilledAlike() {
    assertEquals(Optional.of(List.of(4, 4)), split(8, 900, 900, 900));
    assertEquals(Optional.of(List.of(3, 3, 2)), split(8, 480, 480, 480));
  }

  @Test
  void aLargerDeviceGetsMoreLayers() {
    List<Integer> layers = split(12, 1000, 500).orElseThrow();
    assertTrue(layers.get(0) >= 8, layers.toString());
    assertEquals(12, layers.get(0) + layers.get(1));
  }

  @Test
  void aModelThatAllTogetherCannotHoldHasNoSplit() {
    assertEquals(Optional.empty(), split(8, 300, 300, 300));
    assertEquals(Optional.empty(), split(1, 200, 200));
    assertEquals(Optional.empty(), split(8));
  }

  @Test
  void aTiedEmbeddingCountsOnceOnOneDevice() {
    var sizes = new ModelSizes(List.of(100 * MIB), 0, 0, 50 * MIB, 60 * MIB, 50 * MIB, 0);
    assertEquals(160 * MIB, sizes.total());
    assertEquals(Optional.of(List.of(1)), LayerSplit.of(sizes, List.of(160 * MIB)));
  }
}

package org.millrace.inference.model;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.millrace.inference.gguf.GgufValue;

/**
 * Which layers see only a window of recent positions, and how those turn.
 *
 * @param tokens positions that a windowed layer sees, the own one included
 * @param layers for each layer whether it is windowed
 * @param frequencyBase of the windowed layers' turning
 * @param stretched whether the model's position scaling holds for windowed layers too
 */
record LayerWindows(int tokens, List<Boolean> layers, double frequencyBase, boolean stretched) {

  /** Which layers an architecture gives a window where the file does not say. */
  enum Kind {
    NONE(0, 0),
    /** Every layer, where the file names a window. */
    ALL(0, 0),
    /** Layers 0, 2, 4, ... */
    EVERY_OTHER(2, 4096),
    /** All but each sixth, which also turns by a frequency base of its own. */
    FIVE_OF_SIX(6, 0);

    private final int period;
    private final int tokensUnsaid;

    Kind(int period, int tokensUnsaid) {
      this.period = period;
      this.tokensUnsaid = tokensUnsaid;
    }
  }

  /**
   * @param frequencyBase of the layers that see everything
   */
  static LayerWindows of(ShapeReader in, Kind kind, int layers, double frequencyBase) {
    int tokens = in.bounded("attention.sliding_window", kind.tokensUnsaid, 0, Integer.MAX_VALUE);
    if (kind == Kind.NONE || tokens == 0) {
      return new LayerWindows(0, Collections.nCopies(layers, false), frequencyBase, true);
    }
    if (kind == Kind.ALL) {
      return new LayerWindows(tokens, Collections.nCopies(layers, true), frequencyBase, true);
    }
    boolean apart = kind == Kind.FIVE_OF_SIX;
    double base = in.positiveReal("rope.freq_base_swa", apart ? 10_000 : frequencyBase);
    return new LayerWindows(tokens, pattern(in, kind.period, layers), base, !apart);
  }

  /** The key is how often a layer sees everything, 0 for never, or says so layer by layer. */
  private static List<Boolean> pattern(ShapeReader in, int unsaid, int layers) {
    String key = "attention.sliding_window_pattern";
    List<Boolean> listed =
        switch (in.value(key)) {
          case GgufValue.Truths(boolean[] values) ->
              IntStream.range(0, values.length).mapToObj(i -> values[i]).toList();
          case GgufValue.Wholes(var type, long[] values) ->
              Arrays.stream(values).mapToObj(value -> value != 0).toList();
          case null, default -> List.of();
        };
    if (listed.isEmpty()) {
      int period = in.bounded(key, unsaid, 0, Integer.MAX_VALUE);
      return IntStream.range(0, layers)
          .mapToObj(layer -> period == 0 || layer % period < period - 1)
          .toList();
    }
    if (listed.size() < layers) {
      throw in.fault("%s lists %d layers of %d", key, listed.size(), layers);
    }
    return listed.subList(0, layers);
  }
}

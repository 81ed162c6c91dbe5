package org.millrace.gpu.placement;

import java.util.List;

/**
 * What a model takes of devices, in bytes.
 *
 * @param layers of each layer: its weights, and its part of the cache
 * @param weights of all tensors, a tied embedding once
 * @param cache of all layers
 * @param input tensors before the first layer
 * @param output tensors and logits after the last layer
 * @param tied of those, what is among the input too and is there once on one device
 * @param scratch of each device: activations, tables, and what weights pass through
 */
public record ModelSizes(
    List<Long> layers, long weights, long cache, long input, long output, long tied, long scratch) {

  /** What a device takes besides its layers. */
  public long fixed(boolean first, boolean last) {
    return scratch + (first ? input : 0) + (last ? output : 0) - (first && last ? tied : 0);
  }

  /** What one device takes for all of it. */
  public long total() {
    return layers.stream().mapToLong(Long::longValue).sum() + fixed(true, true);
  }
}

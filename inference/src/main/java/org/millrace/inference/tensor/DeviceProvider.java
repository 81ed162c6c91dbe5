package org.millrace.inference.tensor;

import java.util.Optional;
import org.millrace.inference.cache.BlockMemory;
import org.millrace.inference.cache.KvLayout;

/** A kind of device besides the CPU, found by {@link java.util.ServiceLoader}. */
public interface DeviceProvider {
  /** What it is asked for by, e.g. {@code cuda}. */
  String name();

  /** Why no device of this kind can be used here; empty where one can. */
  Optional<String> obstacle();

  /**
   * Opens a device.
   *
   * @throws org.millrace.inference.api.ModelLoadException when it cannot be used, or has not enough
   *     memory; the message says which and why
   */
  Opened open(Request request);

  /**
   * A device that was opened.
   *
   * @param device owned by the caller
   * @param cache its memory for keys and values; it lives as long as the device
   */
  record Opened(TensorDevice device, BlockMemory cache) {}

  /**
   * What a model needs of a device.
   *
   * @param device which of several, e.g. {@code 1}; empty for any
   * @param layout of the cache's blocks: their elements and how many; a device may order them its
   *     own way
   * @param queryHeads heads of queries, a multiple of the layout's
   * @param cacheBlocks blocks of the cache
   * @param rowsMax most rows of a step
   * @param slicesMax most sequences of a step
   * @param sequenceTokensMax longest sequence
   */
  record Request(
      String device,
      KvLayout layout,
      int queryHeads,
      int cacheBlocks,
      int rowsMax,
      int slicesMax,
      int sequenceTokensMax) {}
}

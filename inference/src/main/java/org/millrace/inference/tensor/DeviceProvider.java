package org.millrace.inference.tensor;

import java.util.List;
import java.util.Optional;
import org.millrace.inference.api.LoadProgress;
import org.millrace.inference.cache.BlockMemory;
import org.millrace.inference.cache.KvLayout;

/** A kind of device besides the CPU, found by {@link java.util.ServiceLoader}. */
public interface DeviceProvider {
  /** What it is asked for by, e.g. {@code cuda}. */
  String name();

  /** Why no device of this kind can be used here; empty where one can. */
  Optional<String> obstacle();

  /**
   * Opens a device for a model, or where the model is too large for one, as few as hold it
   * together.
   *
   * @throws org.millrace.inference.api.ModelLoadException when none can be used, or all that may be
   *     used have not enough memory; the message says which, how much there is and how much is
   *     needed
   */
  Opened open(Load load);

  /**
   * Devices that were opened.
   *
   * @param parts in the order of the model's layers; their devices are owned by the caller
   * @param cache their memory for keys and values; it lives as long as the devices
   */
  record Opened(List<Part> parts, BlockMemory cache) {}

  /**
   * A device and what it computes.
   *
   * @param layers how many layers, those after the layers of the parts before it
   */
  record Part(TensorDevice device, int layers) {}

  /**
   * A model to be put on devices.
   *
   * @param memoryPercent most of a device's memory that all models together may take
   * @param progress told of the weights that have been brought
   */
  record Load(Request request, ModelParts model, int memoryPercent, LoadProgress progress) {}

  /**
   * What a model needs of its devices.
   *
   * @param device which of several, e.g. {@code 1}, or {@code 0,1}; empty for any
   * @param layout of the cache's blocks: their elements and how many; a device may order them its
   *     own way, and holds only its own layers' part
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
      int sequenceTokensMax) {

    /** The same of a device that has some of the layers. */
    public Request ofLayers(int layers) {
      var part = new KvLayout(layers, layout.heads(), layout.headDim(), layout.elementBytes());
      return new Request(
          device, part, queryHeads, cacheBlocks, rowsMax, slicesMax, sequenceTokensMax);
    }
  }
}

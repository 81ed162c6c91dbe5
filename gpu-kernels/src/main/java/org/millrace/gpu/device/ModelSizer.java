package org.millrace.gpu.device;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.millrace.gpu.placement.ModelSizes;
import org.millrace.inference.gguf.GgufTensor;
import org.millrace.inference.tensor.DeviceProvider.Load;
import org.millrace.inference.tensor.DeviceProvider.Request;
import org.millrace.inference.tensor.ModelParts;

/**
 * What a model will take, before anything is taken: weights and cache to the byte, the rest as the
 * most that it can be.
 */
public final class ModelSizer {
  // Rotations of windowed layers and of all others.
  private static final int ROTATIONS = 2;
  private static final int EXPERT_TABLES = 3;

  private ModelSizer() {}

  /** Reads the sizes off a model's tensors. */
  public static ModelSizes sizes(Load load) {
    ModelParts model = load.model();
    Request request = load.request();
    long layerCache = request.ofLayers(1).layout().blockBytes() * request.cacheBlocks();
    List<Long> layers = new ArrayList<>();
    for (List<GgufTensor> layer : model.layers()) {
      layers.add(weights(layer) + layerCache);
    }
    List<GgufTensor> tied = new ArrayList<>(model.input());
    tied.retainAll(model.output());
    long logits = withTwin(model.logitFloats());
    return new ModelSizes(
        layers,
        weights(distinct(model)),
        layerCache * layers.size(),
        weights(model.input()),
        weights(model.output()) + logits,
        weights(tied),
        scratch(request, model));
  }

  /**
   * Bytes of the file that are brought to devices, with the embedding twice where it is needed on
   * two.
   */
  public static long fileBytes(ModelParts model, boolean onOneDevice) {
    var all = new ArrayList<GgufTensor>(onOneDevice ? distinct(model) : List.of());
    if (!onOneDevice) {
      all.addAll(model.input());
      model.layers().forEach(all::addAll);
      all.addAll(model.output());
    }
    return all.stream().mapToLong(tensor -> tensor.data().byteSize()).sum();
  }

  private static List<GgufTensor> distinct(ModelParts model) {
    Set<String> names = new HashSet<>();
    List<GgufTensor> all = new ArrayList<>(model.input());
    model.layers().forEach(all::addAll);
    all.addAll(model.output());
    return all.stream().filter(tensor -> names.add(tensor.name())).toList();
  }

  private static long weights(List<GgufTensor> tensors) {
    return tensors.stream().mapToLong(Storage::bytesOf).sum();
  }

  /** Floats and what products with quantized weights read in their place. */
  private static long withTwin(long floats) {
    long blocks = Math.ceilDiv(floats, Storage.BLOCK);
    return blocks * (Storage.BLOCK * (Float.BYTES + 1) + Twins.SCALE_BYTES);
  }

  private static long scratch(Request request, ModelParts model) {
    long rows = request.rowsMax();
    long pairs = request.layout().headDim() / 2;
    long experts =
        model.layers().stream()
            .flatMap(List::stream)
            .filter(tensor -> tensor.shape().size() > 2)
            .mapToLong(tensor -> tensor.shape().get(2))
            .sum();
    return withTwin(model.rowFloats() * rows)
        + StepTables.bytes(request.rowsMax(), request.slicesMax(), CudaDevice.tableBlocks(request))
        + AttentionRunner.partsBytes(CudaDevice.partsFloats(request))
        + ROTATIONS * 8 * pairs * (rows + 1)
        + EXPERT_TABLES * 8 * (experts + 1)
        + drawing(request, model)
        + largestPiece(model);
  }

  /** For the logits of so many rows; a row of them is at most that long. */
  private static long drawing(Request request, ModelParts model) {
    int rows = Math.max(16, request.slicesMax());
    return TokenDrawer.bytes(rows, Math.toIntExact(model.logitFloats() / rows));
  }

  private static long largestPiece(ModelParts model) {
    long largest =
        distinct(model).stream().mapToLong(tensor -> tensor.data().byteSize()).max().orElse(0);
    return Math.min(WeightStore.PIECE_BYTES, largest);
  }
}

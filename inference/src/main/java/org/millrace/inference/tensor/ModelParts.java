package org.millrace.inference.tensor;

import java.util.ArrayList;
import java.util.List;
import org.millrace.inference.gguf.GgufFile;
import org.millrace.inference.gguf.GgufTensor;

/**
 * A model's tensors by where they are needed, and what a step needs besides: what a kind of device
 * must know to say where the model fits before it takes anything.
 *
 * @param input needed before the first layer
 * @param layers needed by each layer
 * @param output needed after the last layer; a file's tied embedding is among them too
 * @param rowFloats most floats that a row of a step takes on each device
 * @param logitFloats floats of logits, and of the rows they are made of, after the last layer
 */
public record ModelParts(
    List<GgufTensor> input,
    List<List<GgufTensor>> layers,
    List<GgufTensor> output,
    long rowFloats,
    long logitFloats) {

  /** Sorts a file's tensors by their names. */
  public static ModelParts of(GgufFile file, int layers, long rowFloats, long logitFloats) {
    List<GgufTensor> input = new ArrayList<>();
    List<List<GgufTensor>> inLayers = new ArrayList<>();
    for (int i = 0; i < layers; i++) {
      inLayers.add(new ArrayList<>());
    }
    List<GgufTensor> output = new ArrayList<>();
    for (GgufTensor tensor : file.tensors()) {
      int layer = layerOf(tensor.name());
      if (layer >= 0 && layer < layers) {
        inLayers.get(layer).add(tensor);
      } else {
        (tensor.name().startsWith("output") ? output : input).add(tensor);
      }
    }
    if (file.tensor("output.weight").isEmpty()) {
      file.tensor("token_embd.weight").ifPresent(output::add);
    }
    return new ModelParts(input, inLayers, output, rowFloats, logitFloats);
  }

  /** The layer that a tensor belongs to, by its name; -1 for none. */
  private static int layerOf(String name) {
    String[] parts = name.split("\\.", 3);
    return parts.length == 3 && parts[0].equals("blk") && parts[1].matches("\\d{1,6}")
        ? Integer.parseInt(parts[1])
        : -1;
  }
}

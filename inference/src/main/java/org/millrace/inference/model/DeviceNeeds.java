package org.millrace.inference.model;

import org.millrace.inference.api.EngineOptions;
import org.millrace.inference.gguf.GgufFile;
import org.millrace.inference.gguf.GgufTensor;
import org.millrace.inference.tensor.ModelParts;

/** What a model will need of a device's memory, read off its file before anything is taken. */
final class DeviceNeeds {
  private DeviceNeeds() {}

  static ModelParts of(GgufFile file, ModelShape shape, EngineOptions options) {
    long logitRows = Transformer.logitRowsMax(options.stepSequencesMax());
    long vocabulary = file.tensor("token_embd.weight").map(GgufTensor::rows).orElse(0L);
    return ModelParts.of(
        file,
        shape.layers(),
        Transformer.floatsPerRow(shape, hidden(file, ".ffn_up.weight")) + expertFloats(file, shape),
        logitRows * (shape.width() + vocabulary));
  }

  private static int hidden(GgufFile file, String ending) {
    return file.tensors().stream()
        .filter(tensor -> tensor.name().endsWith(ending))
        .mapToInt(tensor -> Math.toIntExact(tensor.rows()))
        .max()
        .orElse(1);
  }

  /** A row visits several experts, each with a gate, an up projection and a result of its own. */
  private static long expertFloats(GgufFile file, ModelShape shape) {
    if (shape.experts() == 0) {
      return 0;
    }
    long stacked = hidden(file, ".ffn_up_exps.weight") / shape.experts();
    long hidden = Math.max(stacked, hidden(file, ".ffn_up.0.weight"));
    return shape.expertsUsed() * (2 * hidden + shape.width() + 3L);
  }
}

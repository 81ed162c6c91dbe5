package org.millrace.inference.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.millrace.inference.api.ModelLoadException;
import org.millrace.inference.gguf.GgufFile;
import org.millrace.inference.gguf.GgufTensor;
import org.millrace.inference.tensor.Buffer;
import org.millrace.inference.tensor.DeviceProvider.Part;
import org.millrace.inference.tensor.ExpertWeights;
import org.millrace.inference.tensor.Matrix;
import org.millrace.inference.tensor.TensorDevice;

/**
 * Finds a model's tensors by name and checks each shape. A tensor that nobody asked for is a fault
 * too: a model that is computed without it would say nonsense.
 */
final class WeightLoader {
  private final GgufFile file;
  private final Architecture architecture;
  private final ModelShape shape;
  private final List<Part> parts;
  private final int contextTokens;
  private final Set<String> used = new HashSet<>();
  // Where what is loaded now belongs.
  private TensorDevice device;

  /**
   * @param parts the devices, and how many layers each of them computes
   * @param contextTokens longest sequence that will be run
   */
  WeightLoader(
      GgufFile file,
      Architecture architecture,
      ModelShape shape,
      List<Part> parts,
      int contextTokens) {
    this.file = file;
    this.architecture = architecture;
    this.shape = shape;
    this.parts = parts;
    this.device = parts.getFirst().device();
    this.contextTokens = contextTokens;
  }

  ModelWeights load() {
    if (file.tensors().isEmpty()) {
      throw fault("the file holds a vocabulary, but no weights");
    }
    GgufTensor embedding = required("token_embd.weight");
    int vocabulary = Math.toIntExact(Math.min(Integer.MAX_VALUE, embedding.rows()));
    Matrix table = matrix("token_embd.weight", vocabulary, shape.width());
    float[] factors = frequencyFactors();
    List<ModelWeights.Layer> layers = new ArrayList<>();
    for (Part part : parts) {
      device = part.device();
      for (int i = 0; i < part.layers(); i++) {
        layers.add(layer("blk." + layers.size() + "."));
      }
    }
    Matrix output = output(table, vocabulary);
    Buffer norm = vector("output_norm.weight", shape.width());
    refuseUnused();
    return new ModelWeights(table, List.copyOf(layers), norm, output, factors);
  }

  /** The embedding again where the file ties them, unless the last device is not the first. */
  private Matrix output(Matrix table, int vocabulary) {
    if (file.tensor("output.weight").isPresent()) {
      return matrix("output.weight", vocabulary, shape.width());
    }
    return parts.size() == 1 ? table : matrix("token_embd.weight", vocabulary, shape.width());
  }

  private ModelWeights.Layer layer(String prefix) {
    int queryWidth = shape.heads() * shape.headDim();
    int keyWidth = shape.kvHeads() * shape.headDim();
    boolean headNorms = architecture.headNorms();
    var projections =
        architecture.fused()
            ? cut(prefix + "attn_qkv.weight", queryWidth, keyWidth, keyWidth)
            : List.of(
                linear(prefix + "attn_q", queryWidth, shape.width()),
                linear(prefix + "attn_k", keyWidth, shape.width()),
                linear(prefix + "attn_v", keyWidth, shape.width()));
    var attention =
        new ModelWeights.Attention(
            vector(prefix + "attn_norm.weight", shape.width()),
            projections.get(0),
            projections.get(1),
            projections.get(2),
            linear(prefix + "attn_output", shape.width(), queryWidth),
            headNorms ? vector(prefix + "attn_q_norm.weight", shape.headDim()) : null,
            headNorms ? vector(prefix + "attn_k_norm.weight", shape.headDim()) : null,
            postNorm(prefix + "post_attention_norm.weight"));
    used.add(prefix + "attn_rot_embd.weight");
    return new ModelWeights.Layer(attention, feedForward(prefix));
  }

  private ModelWeights.FeedForward feedForward(String prefix) {
    Buffer norm = vector(prefix + "ffn_norm.weight", shape.width());
    if (shape.experts() > 0) {
      if (architecture.postNorms()) {
        throw fault("experts in architecture " + architecture.name() + " are not supported");
      }
      return experts(prefix, norm);
    }
    int hidden =
        architecture.fused()
            ? rowsOf(prefix + "ffn_up.weight") / 2
            : rowsOf(prefix + "ffn_gate.weight");
    var projections =
        architecture.fused()
            ? cut(prefix + "ffn_up.weight", hidden, hidden)
            : List.of(
                linear(prefix + "ffn_gate", hidden, shape.width()),
                linear(prefix + "ffn_up", hidden, shape.width()));
    return new ModelWeights.Dense(
        norm,
        projections.get(0),
        projections.get(1),
        linear(prefix + "ffn_down", shape.width(), hidden),
        postNorm(prefix + "post_ffw_norm.weight"));
  }

  private ModelWeights.Experts experts(String prefix, Buffer norm) {
    Matrix router = matrix(prefix + "ffn_gate_inp.weight", shape.experts(), shape.width());
    boolean stacked = file.tensor(prefix + "ffn_gate_exps.weight").isPresent();
    int hidden =
        stacked
            ? rowsOf(prefix + "ffn_gate_exps.weight") / shape.experts()
            : rowsOf(prefix + "ffn_gate.0.weight");
    var experts =
        new ExpertWeights(
            expertMatrices(prefix + "ffn_gate", stacked, hidden, shape.width()),
            expertMatrices(prefix + "ffn_up", stacked, hidden, shape.width()),
            expertMatrices(prefix + "ffn_down", stacked, shape.width(), hidden),
            shape.expertsUsed(),
            !architecture.sharedExpert());
    return new ModelWeights.Experts(
        norm, router, experts, architecture.sharedExpert() ? shared(prefix) : null);
  }

  private ModelWeights.Shared shared(String prefix) {
    if (!device.hasGatedExperts()) {
      throw fault(
          "architecture %s does not run on %s yet; run it on the CPU"
              .formatted(architecture.name(), device.info().device()));
    }
    int hidden = rowsOf(prefix + "ffn_gate_shexp.weight");
    return new ModelWeights.Shared(
        linear(prefix + "ffn_gate_shexp", hidden, shape.width()),
        linear(prefix + "ffn_up_shexp", hidden, shape.width()),
        linear(prefix + "ffn_down_shexp", shape.width(), hidden),
        matrix(prefix + "ffn_gate_inp_shexp.weight", 1, shape.width()));
  }

  /** Experts lie in one tensor of three dimensions; in older files each in one of its own. */
  private List<Matrix> expertMatrices(String name, boolean stacked, int rows, int columns) {
    List<Matrix> matrices = new ArrayList<>();
    if (!stacked) {
      for (int i = 0; i < shape.experts(); i++) {
        matrices.add(matrix(name + "." + i + ".weight", rows, columns));
      }
      return matrices;
    }
    GgufTensor tensor = required(name + "_exps.weight");
    requireShape(tensor, columns, rows, shape.experts());
    for (int i = 0; i < shape.experts(); i++) {
      matrices.add(device.matrix(tensor, i * rows, rows));
    }
    return matrices;
  }

  private ModelWeights.Linear linear(String name, int rows, int columns) {
    Buffer bias = file.tensor(name + ".bias").isPresent() ? vector(name + ".bias", rows) : null;
    return new ModelWeights.Linear(matrix(name + ".weight", rows, columns), bias);
  }

  /** Several projections that lie in one tensor, one after the other. */
  private List<ModelWeights.Linear> cut(String name, int... rows) {
    GgufTensor tensor = required(name);
    requireShape(tensor, shape.width(), Arrays.stream(rows).asLongStream().sum());
    List<ModelWeights.Linear> parts = new ArrayList<>();
    int first = 0;
    for (int count : rows) {
      parts.add(new ModelWeights.Linear(device.matrix(tensor, first, count), null));
      first += count;
    }
    return parts;
  }

  private Matrix matrix(String name, int rows, int columns) {
    GgufTensor tensor = required(name);
    requireShape(tensor, columns, rows);
    return device.matrix(tensor, 0, rows);
  }

  private Buffer vector(String name, int length) {
    GgufTensor tensor = required(name);
    requireShape(tensor, length);
    return device.load(tensor);
  }

  private @Nullable Buffer postNorm(String name) {
    return architecture.postNorms() ? vector(name, shape.width()) : null;
  }

  private float @Nullable [] frequencyFactors() {
    String name = factorsName();
    if (file.tensor(name).isEmpty()) {
      return null;
    }
    float[] factors = new float[shape.turnedDimensions() / 2];
    device.read(vector(name, factors.length), 0, factors);
    for (float factor : factors) {
      if (!(factor > 0)) {
        throw fault(name + " holds a factor of " + factor + "; all are greater than 0");
      }
    }
    return factors;
  }

  /**
   * LongRoPE (Ding et al. 2024) brings two sets of factors. One is taken for good by the longest
   * sequence that will be run, because keys in the cache are turned already.
   */
  private String factorsName() {
    String prefix = architecture.name() + ".";
    long original =
        file.integer(prefix + "rope.scaling.original_context_length", shape.contextTokens());
    used.add("rope_factors_long.weight");
    used.add("rope_factors_short.weight");
    if (file.tensor("rope_factors_long.weight").isEmpty()) {
      return "rope_freqs.weight";
    }
    return contextTokens > original ? "rope_factors_long.weight" : "rope_factors_short.weight";
  }

  private int rowsOf(String name) {
    long rows = required(name).rows();
    if (rows > 1 << 30) {
      throw fault("tensor %s has %d rows; the limit is 2^30".formatted(name, rows));
    }
    return (int) rows;
  }

  private GgufTensor required(String name) {
    used.add(name);
    return file.tensor(name)
        .orElseThrow(() ->
            fault(
                "tensor %s is missing; architecture %s needs it"
                    .formatted(name, architecture.name())));
  }

  private void requireShape(GgufTensor tensor, long... sizes) {
    boolean same = true;
    for (int i = 0; i < Math.max(sizes.length, tensor.shape().size()); i++) {
      long wanted = i < sizes.length ? sizes[i] : 1;
      long found = i < tensor.shape().size() ? tensor.shape().get(i) : 1;
      same &= wanted == found;
    }
    if (!same) {
      throw fault(
          "tensor %s has shape %s, but the metadata says %s"
              .formatted(tensor.name(), tensor.shape(), List.of(box(sizes))));
    }
  }

  private static Long[] box(long[] sizes) {
    Long[] boxed = new Long[sizes.length];
    for (int i = 0; i < sizes.length; i++) {
      boxed[i] = sizes[i];
    }
    return boxed;
  }

  private void refuseUnused() {
    for (GgufTensor tensor : file.tensors()) {
      if (!used.contains(tensor.name())) {
        throw fault(
            "tensor %s is not known in architecture %s as supported here"
                .formatted(tensor.name(), architecture.name()));
      }
    }
  }

  private ModelLoadException fault(String message) {
    return new ModelLoadException(file.path() + ": " + message);
  }
}

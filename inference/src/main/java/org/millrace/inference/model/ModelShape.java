package org.millrace.inference.model;

import org.millrace.inference.api.ModelLoadException;
import org.millrace.inference.gguf.GgufFile;
import org.millrace.inference.gguf.GgufValue;

/**
 * The sizes and constants of a model, as its file's metadata has them.
 *
 * @param layers transformer blocks
 * @param width elements of a token's activation
 * @param heads query heads
 * @param kvHeads key-value heads
 * @param headDim elements of a head
 * @param experts experts per layer, 0 for a dense model
 * @param expertsUsed experts per token
 * @param contextTokens longest sequence the model was made for
 * @param epsilon of the norms
 * @param turnedDimensions elements of a head that are turned by position
 * @param frequencyBase of the turning
 * @param scaling how the turning is stretched
 * @param window positions that windowed layers see
 * @param scoreSoftCap of attention scores, 0 for none
 * @param logitSoftCap of the logits, 0 for none
 */
record ModelShape(
    int layers,
    int width,
    int heads,
    int kvHeads,
    int headDim,
    int experts,
    int expertsUsed,
    int contextTokens,
    float epsilon,
    int turnedDimensions,
    double frequencyBase,
    PositionScaling scaling,
    int window,
    float scoreSoftCap,
    float logitSoftCap) {

  /** Several times what any model has; a larger number is a broken file. */
  private static final int LAYERS_MAX = 4_096;

  private static final long HEADS_WIDTH_MAX = 1 << 22;

  static ModelShape of(GgufFile file, Architecture architecture) {
    var in = new Reader(file, architecture.name());
    int width = in.positive("embedding_length");
    int heads = in.sameForAllLayers("attention.head_count", 0);
    int headDim = in.bounded("attention.key_length", Math.max(1, width / heads), 1, 1 << 14);
    var shape =
        new ModelShape(
            in.required("block_count", LAYERS_MAX),
            width,
            heads,
            in.sameForAllLayers("attention.head_count_kv", heads),
            headDim,
            in.bounded("expert_count", 0, 0, 1 << 14),
            in.bounded("expert_used_count", 0, 0, 1 << 14),
            in.positive("context_length"),
            (float) in.real("attention.layer_norm_rms_epsilon", 1e-5),
            in.bounded("rope.dimension_count", headDim, 2, headDim),
            in.real("rope.freq_base", 10_000),
            in.scaling(),
            in.bounded("attention.sliding_window", 0, 0, Integer.MAX_VALUE),
            (float) in.real("attn_logit_softcapping", 0),
            (float) in.real("final_logit_softcapping", 0));
    in.check(shape);
    return shape;
  }

  /** Reads keys that begin with the architecture's name, naming key and value in each fault. */
  private record Reader(GgufFile file, String prefix) {

    int positive(String key) {
      return required(key, Integer.MAX_VALUE);
    }

    int required(String key, int most) {
      file.integer(prefix + "." + key);
      return bounded(key, 0, 1, most);
    }

    int bounded(String key, int fallback, int least, int most) {
      long value = file.integer(prefix + "." + key, fallback);
      if (value < least || value > most) {
        throw fault("%s.%s is %d; it lies between %d and %d", prefix, key, value, least, most);
      }
      return (int) value;
    }

    /** Some files list a value for each layer. One for all is supported. */
    int sameForAllLayers(String key, int fallback) {
      String name = prefix + "." + key;
      if (file.metadata().get(name) instanceof GgufValue.Wholes list && list.values().length > 0) {
        for (long value : list.values()) {
          if (value != list.values()[0] || value < 1 || value > 1 << 16) {
            throw fault("%s differs from layer to layer, which is not supported", name);
          }
        }
        return (int) list.values()[0];
      }
      if (fallback == 0) {
        file.integer(name);
      }
      return bounded(key, fallback, 1, 1 << 16);
    }

    double real(String key, double fallback) {
      double value = file.number(prefix + "." + key, fallback);
      if (!Double.isFinite(value) || value < 0) {
        throw fault("%s.%s is %s; it is a number of at least 0", prefix, key, value);
      }
      return value;
    }

    PositionScaling scaling() {
      String type = file.string(prefix + ".rope.scaling.type", "");
      double factor = real("rope.scaling.factor", real("rope.scale_linear", 1));
      double attention = real("rope.scaling.attn_factor", 1);
      return switch (type) {
        // The scaling of llama 3 comes as a tensor of factors beside whatever is said here, phi's
        // as two, of which the context decides.
        case "none", "llama3" -> PositionScaling.NONE;
        case "longrope" -> PositionScaling.magnitude(attention);
        case "", "linear" ->
            factor > 0 && factor != 1
                ? PositionScaling.linear(factor)
                : PositionScaling.magnitude(attention);
        case "yarn" -> yarn(factor, attention);
        default ->
            throw fault(
                "position scaling %s is not supported; none, linear, llama3, longrope and yarn are",
                type);
      };
    }

    private PositionScaling yarn(double factor, double attention) {
      if (factor < 1) {
        throw fault("%s.rope.scaling.factor is %s; YaRN's is at least 1", prefix, factor);
      }
      int context = positive("context_length");
      return PositionScaling.yarn(
          factor,
          bounded("rope.scaling.original_context_length", context, 1, Integer.MAX_VALUE),
          real("rope.scaling.yarn_beta_fast", 32),
          real("rope.scaling.yarn_beta_slow", 1),
          attention);
    }

    void check(ModelShape shape) {
      if (shape.heads % shape.kvHeads != 0) {
        throw fault(
            "%d query heads are no multiple of %d key-value heads", shape.heads, shape.kvHeads);
      }
      if ((long) shape.heads * shape.headDim > HEADS_WIDTH_MAX) {
        throw fault(
            "%d query heads of %d elements are %d together; the limit is %d",
            shape.heads, shape.headDim, (long) shape.heads * shape.headDim, HEADS_WIDTH_MAX);
      }
      if (shape.turnedDimensions % 2 != 0) {
        throw fault("rope.dimension_count is %d; it is even", shape.turnedDimensions);
      }
      int valueLength = bounded("attention.value_length", shape.headDim, 1, 1 << 14);
      if (valueLength != shape.headDim) {
        throw fault(
            "values of %d elements beside keys of %d are not supported; both must be the same",
            valueLength, shape.headDim);
      }
      if (shape.experts > 0 && (shape.expertsUsed < 1 || shape.expertsUsed > shape.experts)) {
        throw fault(
            "expert_used_count is %d; it lies between 1 and expert_count %d",
            shape.expertsUsed, shape.experts);
      }
      if (shape.frequencyBase <= 0) {
        throw fault("rope.freq_base is %s; it is greater than 0", shape.frequencyBase);
      }
    }

    private ModelLoadException fault(String message, Object... values) {
      return new ModelLoadException(file.path() + ": " + message.formatted(values));
    }
  }
}

package org.millrace.inference.model;

import org.millrace.inference.gguf.GgufFile;

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
 * @param windows which layers see a window only
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
    LayerWindows windows,
    float scoreSoftCap,
    float logitSoftCap) {

  /** Several times what any model has; a larger number is a broken file. */
  private static final int LAYERS_MAX = 4_096;

  private static final long HEADS_WIDTH_MAX = 1 << 22;

  static ModelShape of(GgufFile file, Architecture architecture) {
    var in = new ShapeReader(file, architecture.name());
    int layers = in.required("block_count", LAYERS_MAX);
    int width = in.positive("embedding_length");
    int heads = in.sameForAllLayers("attention.head_count", 0);
    int headDim = in.bounded("attention.key_length", Math.max(1, width / heads), 1, 1 << 14);
    double frequencyBase = in.positiveReal("rope.freq_base", 10_000);
    var shape =
        new ModelShape(
            layers,
            width,
            heads,
            in.sameForAllLayers("attention.head_count_kv", heads),
            headDim,
            in.bounded("expert_count", 0, 0, 1 << 14),
            in.bounded("expert_used_count", 0, 0, 1 << 14),
            in.positive("context_length"),
            (float) in.requiredReal("attention.layer_norm_rms_epsilon"),
            in.bounded("rope.dimension_count", headDim, 2, headDim),
            frequencyBase,
            PositionScaling.of(in),
            LayerWindows.of(in, architecture.windows(), layers, frequencyBase),
            (float) in.real("attn_logit_softcapping", architecture.scoreSoftCapUnsaid()),
            (float) in.real("final_logit_softcapping", architecture.logitSoftCapUnsaid()));
    shape.check(in);
    return shape;
  }

  private void check(ShapeReader in) {
    if (heads % kvHeads != 0) {
      throw in.fault("%d query heads are no multiple of %d key-value heads", heads, kvHeads);
    }
    if ((long) heads * headDim > HEADS_WIDTH_MAX) {
      throw in.fault(
          "%d query heads of %d elements are %d together; the limit is %d",
          heads, headDim, (long) heads * headDim, HEADS_WIDTH_MAX);
    }
    if (turnedDimensions % 2 != 0) {
      throw in.fault("rope.dimension_count is %d; it is even", turnedDimensions);
    }
    int valueLength = in.bounded("attention.value_length", headDim, 1, 1 << 14);
    if (valueLength != headDim) {
      throw in.fault(
          "values of %d elements beside keys of %d are not supported; both must be the same",
          valueLength, headDim);
    }
    if (experts > 0 && (expertsUsed < 1 || expertsUsed > experts)) {
      throw in.fault(
          "expert_used_count is %d; it lies between 1 and expert_count %d", expertsUsed, experts);
    }
  }
}

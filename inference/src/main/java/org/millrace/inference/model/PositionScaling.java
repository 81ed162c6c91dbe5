package org.millrace.inference.model;

/**
 * How a model's turning by position was stretched for longer sequences than it was first trained
 * on.
 *
 * <p>YaRN is Peng et al. 2023, section 3.2 (NTK by parts) and 3.4 (attention scaling); as in the
 * authors' code the ramp between what is stretched and what is not runs linearly over the
 * dimensions.
 *
 * @param kind how
 * @param factor by how much, at least 1 where it stretches
 * @param originalContextTokens longest sequence of the first training; read by YaRN
 * @param betaFast turns within the original context from which a dimension is left as it is
 * @param betaSlow turns within the original context up to which a dimension is stretched
 * @param magnitude the cosines and sines are multiplied by this
 */
record PositionScaling(
    Kind kind,
    double factor,
    int originalContextTokens,
    double betaFast,
    double betaSlow,
    double magnitude) {

  enum Kind {
    NONE,
    LINEAR,
    YARN
  }

  static final PositionScaling NONE = new PositionScaling(Kind.NONE, 1, 1, 32, 1, 1);

  /** As a file's metadata has it; {@code attn_factor} scales whatever kind it is. */
  static PositionScaling of(ShapeReader in) {
    String type = in.file().string(in.prefix() + ".rope.scaling.type", "");
    double factor = in.real("rope.scaling.factor", in.real("rope.scale_linear", 1));
    double magnitude = in.real("rope.scaling.attn_factor", 1);
    return switch (type) {
      // The scaling of llama 3 comes as a tensor of factors beside whatever is said here, phi's
      // as two, of which the context decides.
      case "none", "llama3", "longrope" -> new PositionScaling(Kind.NONE, 1, 1, 32, 1, magnitude);
      case "", "linear" ->
          factor > 0
              ? new PositionScaling(Kind.LINEAR, factor, 1, 32, 1, magnitude)
              : new PositionScaling(Kind.NONE, 1, 1, 32, 1, magnitude);
      case "yarn" -> yarn(in, factor, magnitude);
      default ->
          throw in.fault(
              "position scaling %s is not supported; none, linear, llama3, longrope and yarn are",
              type);
    };
  }

  private static PositionScaling yarn(ShapeReader in, double factor, double attentionFactor) {
    if (factor < 1) {
      throw in.fault("%s.rope.scaling.factor is %s; YaRN's is at least 1", in.prefix(), factor);
    }
    int context = in.positive("context_length");
    return new PositionScaling(
        Kind.YARN,
        factor,
        in.bounded("rope.scaling.original_context_length", context, 1, Integer.MAX_VALUE),
        in.real("rope.scaling.yarn_beta_fast", 32),
        in.real("rope.scaling.yarn_beta_slow", 1),
        attentionFactor * (0.1 * Math.log(factor) + 1));
  }

  /** The angle per position of each pair of {@code dimensions} elements. */
  double[] frequencies(double base, int dimensions) {
    double[] frequencies = new double[dimensions / 2];
    for (int i = 0; i < frequencies.length; i++) {
      double frequency = Math.pow(base, -2.0 * i / dimensions);
      frequencies[i] =
          switch (kind) {
            case NONE -> frequency;
            case LINEAR -> frequency / factor;
            case YARN -> byParts(frequency, i, base, dimensions);
          };
    }
    return frequencies;
  }

  private double byParts(double frequency, int pair, double base, int dimensions) {
    double low = Math.max(0, Math.floor(pairThatTurns(betaFast, base, dimensions)));
    double high = Math.min(dimensions - 1, Math.ceil(pairThatTurns(betaSlow, base, dimensions)));
    double stretched = Math.clamp((pair - low) / Math.max(0.001, high - low), 0, 1);
    return frequency / factor * stretched + frequency * (1 - stretched);
  }

  /** The pair, as a real number, that turns so often within the original context. */
  private double pairThatTurns(double turns, double base, int dimensions) {
    return dimensions
        * Math.log(originalContextTokens / (turns * 2 * Math.PI))
        / (2 * Math.log(base));
  }
}

package org.millrace.inference.model;

import java.util.List;
import org.millrace.inference.api.ModelLoadException;
import org.millrace.inference.tensor.Activation;
import org.millrace.inference.tensor.Rotation;

/**
 * What sets one architecture apart from the others; everything else is the shared forward pass of
 * {@link Transformer}. Adding one that differs in these points only is adding a line to {@link
 * #ALL}.
 *
 * @param name as {@code general.architecture} has it
 * @param rotation which elements of a head are turned together
 * @param activation between the feed-forward projections
 * @param scaledEmbedding whether embeddings are multiplied by the square root of the model width
 * @param postNorms whether attention and feed-forward results are normed before they are added
 * @param headNorms whether queries and keys are normed head by head before they are turned
 * @param fused whether query, key and value lie in one tensor, and gate and up in another
 * @param sharedExpert whether every layer of experts has one that all tokens go through besides,
 *     behind a gate; the others' shares are then not scaled to sum to one
 * @param windows which layers see only a window of recent positions
 */
record Architecture(
    String name,
    Rotation.Style rotation,
    Activation activation,
    boolean scaledEmbedding,
    boolean postNorms,
    boolean headNorms,
    boolean fused,
    boolean sharedExpert,
    LayerWindows.Kind windows) {

  private static final List<Architecture> ALL =
      List.of(
          plain("llama", Rotation.Style.NEIGHBOURS, false),
          plain("qwen2", Rotation.Style.HALVES, false),
          plain("qwen3", Rotation.Style.HALVES, true),
          plain("qwen3moe", Rotation.Style.HALVES, true),
          sharing("qwen2moe"),
          phi("phi3"),
          new Architecture(
              "gemma",
              Rotation.Style.HALVES,
              Activation.GELU_TANH,
              true,
              false,
              false,
              false,
              false,
              LayerWindows.Kind.NONE),
          gemma("gemma2", false, LayerWindows.Kind.EVERY_OTHER),
          gemma("gemma3", true, LayerWindows.Kind.FIVE_OF_SIX));

  private static Architecture plain(String name, Rotation.Style rotation, boolean headNorms) {
    return new Architecture(
        name,
        rotation,
        Activation.SILU,
        false,
        false,
        headNorms,
        false,
        false,
        LayerWindows.Kind.NONE);
  }

  private static Architecture sharing(String name) {
    return new Architecture(
        name,
        Rotation.Style.HALVES,
        Activation.SILU,
        false,
        false,
        false,
        false,
        true,
        LayerWindows.Kind.NONE);
  }

  private static Architecture phi(String name) {
    return new Architecture(
        name,
        Rotation.Style.HALVES,
        Activation.SILU,
        false,
        false,
        false,
        true,
        false,
        LayerWindows.Kind.ALL);
  }

  private static Architecture gemma(String name, boolean headNorms, LayerWindows.Kind windows) {
    return new Architecture(
        name,
        Rotation.Style.HALVES,
        Activation.GELU_TANH,
        true,
        true,
        headNorms,
        false,
        false,
        windows);
  }

  /** Gemma 2 has these caps whether the file says so or not; the first files did not. */
  float scoreSoftCapUnsaid() {
    return name.equals("gemma2") ? 50 : 0;
  }

  float logitSoftCapUnsaid() {
    return name.equals("gemma2") ? 30 : 0;
  }

  /**
   * The architecture of that name.
   *
   * @throws ModelLoadException when there is none; the message names those there are
   */
  static Architecture named(String name, String file) {
    for (Architecture architecture : ALL) {
      if (architecture.name.equals(name)) {
        return architecture;
      }
    }
    throw new ModelLoadException(
        "%s: architecture %s is not supported; supported are %s"
            .formatted(
                file, name, String.join(", ", ALL.stream().map(Architecture::name).toList())));
  }
}

package org.millrace.inference.api;

/**
 * How to load and run a model.
 *
 * @param kernels which kernels to use; {@link Kernels#AUTO} takes the fastest that this machine can
 *     run
 * @param threads threads of the engine's team, at least 1
 * @param contextTokensMax upper limit of a sequence's length, 0 for the model's own
 * @param kvCacheTokens how many tokens' keys and values the cache holds, all sequences together;
 *     rounded up to whole blocks
 * @param stepTokensMax most tokens computed in one step
 * @param stepSequencesMax most sequences in one step
 */
public record EngineOptions(
    Kernels kernels,
    int threads,
    int contextTokensMax,
    int kvCacheTokens,
    int stepTokensMax,
    int stepSequencesMax) {

  /** The implementations of the tensor interface. */
  public enum Kernels {
    AUTO,
    SCALAR,
    VECTOR
  }

  /**
   * Options that serve a small machine well: all cores, the model's context, room for 16 Ki tokens.
   */
  public static EngineOptions defaults() {
    return new EngineOptions(
        Kernels.AUTO, Runtime.getRuntime().availableProcessors(), 0, 16_384, 512, 32);
  }
}

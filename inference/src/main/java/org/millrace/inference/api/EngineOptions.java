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
 * @param prefixCachePercent most of the KV cache's blocks that are kept for one owner's later
 *     sequences, in percent; 0 for no prefix cache
 * @param kvType how the KV cache stores its elements
 * @param device {@code cpu}; {@code cuda}, or {@code cuda:1} for one of several, or {@code
 *     cuda:0,1} for some of them; {@code auto} for a GPU where one can be used. A model that is too
 *     large for one of the devices it may use is split over as few of them as hold it. A GPU that
 *     was asked for and cannot be used is an error
 * @param deviceMemoryPercent most of a GPU's memory that all models together may take
 * @param cpus the processors that the team's threads are kept on, one each; none for the system's
 *     choice
 */
public record EngineOptions(
    Kernels kernels,
    int threads,
    int contextTokensMax,
    int kvCacheTokens,
    int stepTokensMax,
    int stepSequencesMax,
    int prefixCachePercent,
    KvType kvType,
    String device,
    int deviceMemoryPercent,
    CpuList cpus) {

  /** How much of the cache one owner may fill where nothing else is said. */
  public static final int PREFIX_CACHE_PERCENT = 50;

  /** What runs a model where nothing else is said. */
  public static final String DEVICE = "cpu";

  /** How much of a GPU models may take; the rest is the driver's. */
  public static final int DEVICE_MEMORY_PERCENT = 90;

  /** Options that leave to {@link #with} and {@link #on} what is seldom another than usual. */
  public EngineOptions(
      Kernels kernels,
      int threads,
      int contextTokensMax,
      int kvCacheTokens,
      int stepTokensMax,
      int stepSequencesMax) {
    this(
        kernels,
        threads,
        contextTokensMax,
        kvCacheTokens,
        stepTokensMax,
        stepSequencesMax,
        PREFIX_CACHE_PERCENT,
        KvType.AUTO,
        DEVICE,
        DEVICE_MEMORY_PERCENT,
        CpuList.NONE);
  }

  /** The same with a cache of other elements. */
  public EngineOptions with(KvType otherType) {
    return with(otherType, device, deviceMemoryPercent);
  }

  /** The same on another device. */
  public EngineOptions on(String otherDevice) {
    return with(kvType, otherDevice, deviceMemoryPercent);
  }

  /** The same on another device, of whose memory models together take another part at most. */
  public EngineOptions on(String otherDevice, int otherPercent) {
    return with(kvType, otherDevice, otherPercent);
  }

  private EngineOptions with(KvType otherType, String otherDevice, int otherPercent) {
    return new EngineOptions(
        kernels,
        threads,
        contextTokensMax,
        kvCacheTokens,
        stepTokensMax,
        stepSequencesMax,
        prefixCachePercent,
        otherType,
        otherDevice,
        otherPercent,
        cpus);
  }

  /** How keys and values are stored. */
  public enum KvType {
    /** Float32 for a small cache, float16 for a large one. */
    AUTO,
    F32,
    F16,
    /** A byte an element and a float16 scale for 32 of them: half of float16, less exact. */
    Q8_0
  }

  /** The implementations of the tensor interface. */
  public enum Kernels {
    AUTO,
    SCALAR,
    VECTOR,
    NATIVE
  }

  /**
   * Options that serve a small machine well: all cores, the model's context, room for 16 Ki tokens.
   */
  public static EngineOptions defaults() {
    return new EngineOptions(
        Kernels.AUTO, Runtime.getRuntime().availableProcessors(), 0, 16_384, 512, 32);
  }
}

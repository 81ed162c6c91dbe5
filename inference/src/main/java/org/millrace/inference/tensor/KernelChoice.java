package org.millrace.inference.tensor;

import org.millrace.inference.api.EngineOptions;
import org.millrace.inference.api.ModelLoadException;

/**
 * Which kernels run, and why.
 *
 * @param kernels the implementation
 * @param reason for the start-up log
 */
public record KernelChoice(Kernels kernels, String reason) {
  private static final String MODULE = "jdk.incubator.vector";

  /**
   * Takes what was asked for, or the fastest this machine can run.
   *
   * @throws ModelLoadException when vector kernels were asked for by name and cannot run
   */
  public static KernelChoice of(EngineOptions.Kernels wanted) {
    return switch (wanted) {
      case SCALAR -> new KernelChoice(new ScalarKernels(), "scalar kernels were asked for");
      case VECTOR -> vector("vector kernels were asked for");
      case AUTO ->
          hasVectorModule()
              ? vector("the Vector API is there")
              : new KernelChoice(
                  new ScalarKernels(),
                  "the Vector API is missing: start Java with --add-modules=" + MODULE);
    };
  }

  private static boolean hasVectorModule() {
    return ModuleLayer.boot().findModule(MODULE).isPresent();
  }

  private static KernelChoice vector(String why) {
    if (!hasVectorModule()) {
      throw new ModelLoadException(
          "vector kernels need the Vector API: start Java with --add-modules="
              + MODULE
              + ", or choose kernels auto or scalar");
    }
    return VectorChoice.make(why);
  }

  /** A class of its own, so that no vector class is loaded where the module is missing. */
  private static final class VectorChoice {
    static KernelChoice make(String why) {
      int bits = Lanes.COUNT * Float.SIZE;
      return new KernelChoice(
          new VectorKernels(), "%s, with vectors of %d bits".formatted(why, bits));
    }
  }
}

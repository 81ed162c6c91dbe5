package org.millrace.inference.tensor;

import org.jspecify.annotations.Nullable;
import org.millrace.inference.api.EngineOptions;
import org.millrace.inference.api.ModelLoadException;

/**
 * Which kernels run, and why.
 *
 * @param kernels the implementation
 * @param reason for the start-up log
 */
public record KernelChoice(Kernels kernels, String reason) {
  /** The name of kernels that come compiled. */
  public static final String NATIVE = "native";

  private static final String MODULE = "jdk.incubator.vector";

  /**
   * Takes what was asked for, or the fastest this machine can run: native, then vector, then
   * scalar.
   *
   * @throws ModelLoadException when native or vector kernels were asked for by name and cannot run
   */
  public static KernelChoice of(EngineOptions.Kernels wanted) {
    return switch (wanted) {
      case SCALAR -> new KernelChoice(new ScalarKernels(), "scalar kernels were asked for");
      case VECTOR -> vector("vector kernels were asked for");
      case NATIVE -> {
        String fault = NativeChoice.fault();
        if (fault != null) {
          throw new ModelLoadException(
              "native kernels cannot run: %s; choose kernels auto, vector or scalar"
                  .formatted(fault));
        }
        yield NativeChoice.make("native kernels were asked for");
      }
      case AUTO -> fastest();
    };
  }

  private static KernelChoice fastest() {
    String fault = NativeChoice.fault();
    if (fault == null) {
      return NativeChoice.make("the native library is there");
    }
    return hasVectorModule()
        ? vector(fault + "; the Vector API is there")
        : new KernelChoice(
            new ScalarKernels(),
            fault + "; the Vector API is missing: start Java with --add-modules=" + MODULE);
  }

  /** The same kernels, with another reason before this one's; nothing is added by an empty one. */
  public KernelChoice because(String before) {
    return before.isEmpty() ? this : new KernelChoice(kernels, before + "; " + reason);
  }

  private static boolean hasVectorModule() {
    return ModuleLayer.boot().findModule(MODULE).isPresent();
  }

  private static KernelChoice vector(String why) {
    if (!hasVectorModule()) {
      throw new ModelLoadException(
          "vector kernels need the Vector API: start Java with --add-modules="
              + MODULE
              + ", or choose kernels auto, native or scalar");
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

  /** A class of its own, so that the library is looked for only where it may be used. */
  private static final class NativeChoice {
    private static final @Nullable String FAULT = find();

    /** Why there are no native kernels, or {@code null} where there are. */
    static @Nullable String fault() {
      return FAULT;
    }

    private static @Nullable String find() {
      if (NativeLibrary.instance().symbols() == null) {
        return NativeLibrary.instance().reason();
      }
      try {
        return SelfCheck.fault(NativeKernels.of(false, new ScalarKernels()));
      } catch (UnsupportedOperationException | LinkageError missing) {
        return String.valueOf(missing.getMessage());
      }
    }

    static KernelChoice make(String why) {
      Kernels behind = hasVectorModule() ? VectorChoice.make(why).kernels() : new ScalarKernels();
      NativeKernels kernels = NativeKernels.of(false, behind);
      return new KernelChoice(kernels, why + ", with " + kernels.instructions());
    }
  }
}

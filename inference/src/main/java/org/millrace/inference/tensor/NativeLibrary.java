package org.millrace.inference.tensor;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The library of C kernels that the build left in this module's resources, if it had a compiler.
 *
 * <p>Loaded once for the life of the class, from a copy in a new directory of its own, so that
 * nobody else can have put something there; the copy is deleted as soon as it is loaded.
 */
final class NativeLibrary {
  private static final NativeLibrary INSTANCE = load();

  private final @Nullable SymbolLookup symbols;
  private final String reason;

  private NativeLibrary(@Nullable SymbolLookup symbols, String reason) {
    this.symbols = symbols;
    this.reason = reason;
  }

  static NativeLibrary instance() {
    return INSTANCE;
  }

  /** Its functions, or {@code null} where there is none for this machine. */
  @Nullable SymbolLookup symbols() {
    return symbols;
  }

  /** Why there is none; empty where there is one. */
  String reason() {
    return reason;
  }

  /** Where the build puts a system's library among the resources. */
  static String resource() {
    return "/org/millrace/inference/native/"
        + systemName(System.getProperty("os.name"))
        + "-"
        + machineName(System.getProperty("os.arch"))
        + "/"
        + System.mapLibraryName("millrace");
  }

  private static String systemName(String os) {
    String lower = os.toLowerCase(Locale.ROOT);
    return lower.startsWith("mac") ? "macos" : lower.startsWith("windows") ? "windows" : lower;
  }

  private static String machineName(String arch) {
    return switch (arch) {
      case "amd64" -> "x86_64";
      case "arm64" -> "aarch64";
      default -> arch;
    };
  }

  private static NativeLibrary load() {
    String resource = resource();
    try (InputStream library = NativeLibrary.class.getResourceAsStream(resource)) {
      if (library == null) {
        return new NativeLibrary(
            null, "this build has no native library for this machine (%s)".formatted(resource));
      }
      return new NativeLibrary(open(library), "");
    } catch (IOException | RuntimeException | LinkageError unusable) {
      return new NativeLibrary(null, "the native library cannot be loaded: " + unusable);
    }
  }

  private static SymbolLookup open(InputStream library) throws IOException {
    Path folder = Files.createTempDirectory("millrace-native");
    Path copy = folder.resolve(System.mapLibraryName("millrace"));
    try {
      Files.copy(library, copy);
      return SymbolLookup.libraryLookup(copy, Arena.global());
    } finally {
      Files.deleteIfExists(copy);
      Files.deleteIfExists(folder);
    }
  }
}

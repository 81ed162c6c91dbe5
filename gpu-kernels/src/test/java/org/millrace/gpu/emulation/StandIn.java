package org.millrace.gpu.emulation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * The stand-in for the driver ({@code src/main/cuda/emulation/driver}), where the tests run on one:
 * the property {@code millrace.stand-in} names its library, and {@code millrace.stand-in.log} the
 * file that it writes to. As an extension of JUnit it fails each test in which the driver had
 * something to complain of.
 */
@SuppressWarnings("checkstyle:illegalcatch") // a method handle declares Throwable
public final class StandIn implements AfterEachCallback {
  private static final String LIBRARY = System.getProperty("millrace.stand-in", "");
  private static final Path LOG = Path.of(System.getProperty("millrace.stand-in.log", "none"));
  private static final String USUAL =
      "devices=2 driver=13000 capability=90 processors=1 memory_mib=4096 order=0 init=0 peers=1"
          + " fail_allocation=0 fail_launch=0 fail_device=0 fail_status=719 repair=0 repair=1";

  /** Whether tests run on it. */
  public static boolean isThere() {
    return !LIBRARY.isEmpty() && Files.exists(Path.of(LIBRARY));
  }

  /** Whether tests are to run on it, and the build could not make it. */
  static boolean isMissing() {
    return !LIBRARY.isEmpty() && !Files.exists(Path.of(LIBRARY));
  }

  /** Changes what it is like: words like {@code devices=2}, separated by blanks. */
  public static void control(String words) {
    try (var arena = Arena.ofConfined()) {
      MethodHandle control =
          Linker.nativeLinker()
              .downcallHandle(
                  SymbolLookup.libraryLookup(Path.of(LIBRARY), arena)
                      .find("stand_in_control")
                      .orElseThrow(),
                  FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS));
      MemorySegment text = arena.allocateFrom(words);
      assertEquals(0, (int) control.invokeExact(text), words);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  /** Makes it what it is at the beginning. */
  public static void reset() {
    control(USUAL);
  }

  /** What it complained of since this was asked last. */
  public static List<String> complaints() {
    try {
      if (!Files.exists(LOG)) {
        return List.of();
      }
      List<String> lines = Files.readAllLines(LOG);
      Files.writeString(LOG, "");
      return lines.stream()
          .filter(
              line -> line.startsWith("stand-in: refused: ") || line.startsWith("stand-in: left: "))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void afterEach(ExtensionContext test) {
    if (isThere()) {
      List<String> complaints = complaints();
      assertTrue(complaints.isEmpty(), () -> String.join("\n", complaints));
    }
  }
}

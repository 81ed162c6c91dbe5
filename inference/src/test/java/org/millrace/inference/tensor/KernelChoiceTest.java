package org.millrace.inference.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.millrace.inference.api.EngineOptions;
import org.millrace.inference.api.ModelLoadException;

class KernelChoiceTest {
  private static final String OTHER_MACHINE = "-Dos.arch=pdp11";
  private static final String NATIVE_ACCESS = "--enable-native-access=ALL-UNNAMED";

  /** Prints what is chosen; run in a Java of its own. */
  static final class Chooser {
    public static void main(String[] kernels) {
      try {
        KernelChoice choice = KernelChoice.of(EngineOptions.Kernels.valueOf(kernels[0]));
        print(choice.kernels().name() + ": " + choice.reason());
      } catch (ModelLoadException refusal) {
        print("refused: " + refusal.getMessage());
      }
    }

    private static void print(String line) {
      try (var out = new FileOutputStream(FileDescriptor.out)) {
        out.write(line.getBytes(StandardCharsets.UTF_8));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private static String choose(String kernels, String... flags)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of(flags));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(List.of(Chooser.class.getName(), kernels));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    process.waitFor();
    return output;
  }

  private static boolean hasLibrary() {
    return NativeLibrary.instance().symbols() != null;
  }

  @Test
  void nativeIsTakenWhereTheLibraryIsThere() throws Exception {
    assumeTrue(hasLibrary(), "skipped: " + NativeLibrary.instance().reason());
    assertTrue(choose("AUTO", NATIVE_ACCESS).startsWith("native: "), choose("AUTO"));
    String output = choose("NATIVE", NATIVE_ACCESS);
    assertTrue(output.contains("native kernels were asked for, with "), output);
  }

  @Test
  void withoutALibraryForTheMachineAutoFallsBackAndSaysWhy() throws Exception {
    String output = choose("AUTO", OTHER_MACHINE);
    assertTrue(output.contains("scalar: this build has no native library for"), output);
    assertTrue(output.contains("the Vector API is missing"), output);
    assertTrue(output.contains("--add-modules=jdk.incubator.vector"), output);
  }

  @Test
  void withoutALibraryForTheMachineNativeKernelsAreRefused() throws Exception {
    String output = choose("NATIVE", OTHER_MACHINE);
    assertTrue(output.contains("refused: native kernels cannot run: this build has no"), output);
    assertTrue(output.contains("choose kernels auto, vector or scalar"), output);
  }

  @Test
  void withoutTheVectorModuleVectorKernelsAreRefused() throws Exception {
    assertTrue(choose("VECTOR").contains("refused: vector kernels need the Vector API"));
  }

  @Test
  void withTheVectorModuleAndNoLibraryAutoTakesVectors() throws Exception {
    String output = choose("AUTO", OTHER_MACHINE, "--add-modules=jdk.incubator.vector");
    assertTrue(output.contains("vector: this build has no native library"), output);
  }

  @Test
  void scalarIsTakenWhereItIsAskedFor() {
    assertEquals("scalar", KernelChoice.of(EngineOptions.Kernels.SCALAR).kernels().name());
  }
}

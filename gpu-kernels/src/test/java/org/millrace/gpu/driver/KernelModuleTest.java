package org.millrace.gpu.driver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KernelModuleTest {
  private static final Path SOURCES = Path.of("src/main/cuda");

  @ParameterizedTest
  @ValueSource(strings = {"ptx", "sm_90a"})
  void whatIsCommittedWasMadeOfTheSourcesThatAreThere(String image)
      throws IOException, NoSuchAlgorithmException {
    assertEquals(
        sourceHash(),
        KernelModule.sourceHash(image),
        "the kernels have changed since kernels."
            + image
            + ".gz was made: run build-kernels.sh where nvcc is and commit what it writes");
  }

  /** As build-kernels.sh makes it: the emulation is no part of what nvcc reads. */
  private static String sourceHash() throws IOException, NoSuchAlgorithmException {
    var digest = MessageDigest.getInstance("SHA-256");
    try (Stream<Path> files = Files.walk(SOURCES)) {
      List<String> names =
          files
              .filter(Files::isRegularFile)
              .map(Path::toString)
              .filter(name -> !name.contains("/emulation/"))
              .sorted()
              .toList();
      for (String name : names) {
        digest.update(Files.readAllBytes(Path.of(name)));
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  @Test
  void thePtxIsForTheOldestChipThatIsSupportedAndEndsAsTheDriverWantsIt() {
    byte[] ptx = KernelModule.ptx();
    assertEquals(0, ptx[ptx.length - 1]);
    String text = new String(ptx, StandardCharsets.US_ASCII);
    assertTrue(text.contains(".target sm_80"), "the target");
    assertTrue(text.contains(".entry matvec_q4_0_1("), "a kernel by its plain name");
  }

  @Test
  void onlyHopperHasMachineCodeOfItsOwnWithKernelsThatOlderChipsLack() {
    byte[] code = KernelModule.machineCode(90).orElseThrow();
    String text = new String(code, StandardCharsets.ISO_8859_1);
    assertTrue(text.startsWith("\u007fELF"), "what the driver takes as machine code");
    assertTrue(text.contains("wide_matmul_q4_0"), "a kernel of its own");
    assertFalse(
        new String(KernelModule.ptx(), StandardCharsets.US_ASCII).contains("wide_matmul"),
        "which PTX for all chips cannot have");
    for (int capability : new int[] {80, 86, 89, 100, 120}) {
      assertTrue(KernelModule.machineCode(capability).isEmpty(), "chip " + capability);
    }
  }
}

package org.millrace.gpu.driver;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;

/**
 * The kernels as PTX, which the driver compiles for the device it finds. Made of {@code
 * src/main/cuda} by {@code build-kernels.sh}; its first line names the hash of what it was made of.
 */
public final class KernelModule {
  private static final String RESOURCE = "/org/millrace/gpu/kernels.ptx.gz";
  private static final String HASH_LINE = "// sources ";

  private KernelModule() {}

  /** The text, with the zero behind it that the driver wants. */
  public static byte[] ptx() {
    try (InputStream resource = KernelModule.class.getResourceAsStream(RESOURCE)) {
      if (resource == null) {
        throw new IllegalStateException("the jar lacks " + RESOURCE);
      }
      byte[] text = new GZIPInputStream(resource).readAllBytes();
      return Arrays.copyOf(text, text.length + 1);
    } catch (IOException broken) {
      throw new UncheckedIOException(RESOURCE + " cannot be read", broken);
    }
  }

  /** The hash of the sources that the PTX was made of. */
  public static String sourceHash() {
    String text = new String(ptx(), StandardCharsets.US_ASCII);
    String first = text.lines().findFirst().orElse("");
    if (!first.startsWith(HASH_LINE)) {
      throw new IllegalStateException(RESOURCE + " does not name its sources");
    }
    return first.substring(HASH_LINE.length()).strip();
  }
}

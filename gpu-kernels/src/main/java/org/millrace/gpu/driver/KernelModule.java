package org.millrace.gpu.driver;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.zip.GZIPInputStream;

/**
 * The kernels: as PTX, which the driver compiles for the device it finds, and as machine code for
 * chips that have kernels of their own. Made of {@code src/main/cuda} by {@code build-kernels.sh};
 * a first line names the hash of what they were made of.
 */
public final class KernelModule {
  private static final String RESOURCE = "/org/millrace/gpu/kernels.%s.gz";
  private static final String HASH_LINE = "// sources ";

  /** Hopper: its machine code runs on this compute capability only. */
  private static final int HOPPER = 90;

  private KernelModule() {}

  /** The text, with the zero behind it that the driver wants. */
  public static byte[] ptx() {
    byte[] text = read("ptx");
    return Arrays.copyOf(text, text.length + 1);
  }

  /**
   * Machine code for a chip, where there is some.
   *
   * @param computeCapability major * 10 + minor, e.g. 90
   */
  public static Optional<byte[]> machineCode(int computeCapability) {
    if (computeCapability != HOPPER) {
      return Optional.empty();
    }
    byte[] image = read("sm_90a");
    int start = lineEnd(image) + 1;
    return Optional.of(Arrays.copyOfRange(image, start, image.length));
  }

  /**
   * The hash of the sources that an image was made of.
   *
   * @param name {@code ptx} or {@code sm_90a}
   */
  static String sourceHash(String name) {
    byte[] image = read(name);
    String first = new String(image, 0, lineEnd(image), StandardCharsets.US_ASCII);
    if (!first.startsWith(HASH_LINE)) {
      throw new IllegalStateException(RESOURCE.formatted(name) + " does not name its sources");
    }
    return first.substring(HASH_LINE.length()).strip();
  }

  private static int lineEnd(byte[] image) {
    int end = 0;
    while (end < image.length && image[end] != '\n') {
      end++;
    }
    return end;
  }

  private static byte[] read(String name) {
    String path = RESOURCE.formatted(name);
    try (InputStream resource = KernelModule.class.getResourceAsStream(path)) {
      if (resource == null) {
        throw new IllegalStateException("the jar lacks " + path);
      }
      return new GZIPInputStream(resource).readAllBytes();
    } catch (IOException broken) {
      throw new UncheckedIOException(path + " cannot be read", broken);
    }
  }
}

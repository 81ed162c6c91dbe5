package org.millrace.launcher.engine;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.millrace.launcher.console.LaunchException;

/** Reads a whole text file as it is, every character; {@code -} is stdin. */
final class TextFile {
  private static final int BYTES_MAX = 256 << 20;

  private TextFile() {}

  static String read(Path file) {
    try {
      byte[] bytes = bytes(file);
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (NoSuchFileException missing) {
      throw new LaunchException(file + ": there is no such file", missing);
    } catch (CharacterCodingException malformed) {
      throw new LaunchException(file + ": this is not UTF-8; convert it first", malformed);
    } catch (IOException unreadable) {
      throw new LaunchException(file + ": cannot be read: " + unreadable, unreadable);
    }
  }

  private static byte[] bytes(Path file) throws IOException {
    if (file.toString().equals("-")) {
      return System.in.readNBytes(BYTES_MAX);
    }
    if (Files.isDirectory(file)) {
      throw new LaunchException(file + ": this is a directory; name a file");
    }
    if (Files.size(file) > BYTES_MAX) {
      throw new LaunchException(
          "%s: has %d bytes; the limit is %d".formatted(file, Files.size(file), BYTES_MAX));
    }
    return Files.readAllBytes(file);
  }
}

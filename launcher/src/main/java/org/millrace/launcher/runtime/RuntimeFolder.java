package org.millrace.launcher.runtime;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * A folder of things that are prepared once, by whichever command needs them first, and then only
 * read. Each is made beside its place and moved there whole, so an interrupted command leaves
 * nothing half made.
 */
public record RuntimeFolder(Path path) {
  /** Makes the content of a folder. */
  @FunctionalInterface
  public interface Preparation {
    void prepare(Path folder) throws IOException, InterruptedException;
  }

  /** The prepared folder of this name, made now if it is not there. */
  public Path require(String name, Preparation preparation) throws InterruptedException {
    var ready = path.resolve(name);
    if (Files.isDirectory(ready)) {
      return ready;
    }
    try {
      Files.createDirectories(path);
      try (var channel =
              FileChannel.open(
                  path.resolve(name + ".lock"),
                  StandardOpenOption.CREATE,
                  StandardOpenOption.WRITE);
          var lock = channel.lock()) {
        if (lock.isValid() && !Files.isDirectory(ready)) {
          var unfinished = path.resolve(name + ".unfinished");
          Folders.delete(unfinished);
          Files.createDirectories(unfinished);
          preparation.prepare(unfinished);
          Files.move(unfinished, ready, StandardCopyOption.ATOMIC_MOVE);
        }
      }
      return ready;
    } catch (IOException failed) {
      throw new UncheckedIOException(
          "cannot prepare " + ready + ": " + failed.getMessage(), failed);
    }
  }
}

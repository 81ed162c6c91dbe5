package org.millrace.launcher.runtime;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.tukaani.xz.XZInputStream;

/**
 * Unpacks the archives the distributions come in. An entry that would lie outside the folder is
 * refused.
 */
final class Archives {
  private static final int EXECUTABLE_BITS = 0111;

  private Archives() {}

  /**
   * Without the archive's one top folder. Java does not read a zip's file modes, so what lies in a
   * {@code bin} is made executable.
   */
  static void unzipWithoutTop(Path zip, Path folder) throws IOException {
    try (var in = new ZipInputStream(new BufferedInputStream(Files.newInputStream(zip), 1 << 16))) {
      for (var entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
        int top = entry.getName().indexOf('/');
        if (top >= 0 && top + 1 < entry.getName().length()) {
          unzipEntry(in, entry, inside(folder, entry.getName().substring(top + 1)));
        }
      }
    }
  }

  private static void unzipEntry(ZipInputStream in, ZipEntry entry, Path target)
      throws IOException {
    if (entry.isDirectory()) {
      Files.createDirectories(target);
      return;
    }
    var parent = target.resolveSibling(".").normalize();
    Files.createDirectories(parent);
    Files.copy(in, target);
    if (parent.endsWith("bin")) {
      makeExecutable(target);
    }
  }

  /** The PostgreSQL binaries: a jar with one {@code .txz} in it. */
  static void unpackTxzInJar(Path jar, Path folder) throws IOException {
    try (var zip = new ZipFile(jar.toFile())) {
      var entry =
          zip.stream()
              .filter(e -> e.getName().endsWith(".txz"))
              .findFirst()
              .orElseThrow(() -> new IOException("no .txz in " + jar));
      try (var in = new BufferedInputStream(zip.getInputStream(entry), 1 << 16)) {
        untar(new XZInputStream(in), folder);
      }
    }
  }

  private static void untar(InputStream raw, Path folder) throws IOException {
    try (var tar = new TarArchiveInputStream(raw)) {
      for (var entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        untarEntry(tar, entry, folder);
      }
    }
  }

  private static void untarEntry(TarArchiveInputStream tar, TarArchiveEntry entry, Path folder)
      throws IOException {
    var target = inside(folder, entry.getName());
    if (entry.isDirectory()) {
      Files.createDirectories(target);
      return;
    }
    Files.createDirectories(target.resolveSibling(".").normalize());
    if (entry.isSymbolicLink()) {
      inside(folder, folder.relativize(target.resolveSibling(entry.getLinkName())).toString());
      Files.createSymbolicLink(target, Path.of(entry.getLinkName()));
    } else {
      Files.copy(tar, target);
      if ((entry.getMode() & EXECUTABLE_BITS) != 0) {
        makeExecutable(target);
      }
    }
  }

  private static Path inside(Path folder, String name) throws IOException {
    var target = folder.resolve(name).normalize();
    if (!target.startsWith(folder)) {
      throw new IOException("archive entry " + name + " would lie outside " + folder);
    }
    return target;
  }

  private static void makeExecutable(Path file) throws IOException {
    if (!file.toFile().setExecutable(true, false)) {
      throw new IOException("cannot make " + file + " executable");
    }
  }
}

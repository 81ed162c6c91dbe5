package org.millrace.launcher.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RuntimeFolderTest {
  @TempDir private Path folder;

  @Test
  void somethingIsPreparedOnce() throws InterruptedException {
    var runs = new AtomicInteger();
    var runtime = new RuntimeFolder(folder.resolve("run time"));
    for (int i = 0; i < 2; i++) {
      var ready =
          runtime.require(
              "server-1",
              target -> Files.writeString(target.resolve("n"), "" + runs.incrementAndGet()));
      assertTrue(Files.exists(ready.resolve("n")));
    }
    assertEquals(1, runs.get());
  }

  @Test
  void whatFailedHalfWayIsMadeAnewTheNextTime() throws InterruptedException {
    var runtime = new RuntimeFolder(folder);
    assertThrows(
        UncheckedIOException.class,
        () ->
            runtime.require(
                "server-1",
                target -> {
                  Files.writeString(target.resolve("half"), "x");
                  throw new IOException("disk full");
                }));
    assertFalse(Files.exists(folder.resolve("server-1")));
    var ready = runtime.require("server-1", target -> Files.writeString(target.resolve("n"), "1"));
    assertFalse(Files.exists(ready.resolve("half")));
  }

  @Test
  void anArchiveIsUnpackedWithoutItsTopFolderAndItsProgramsAreExecutable() throws IOException {
    var zip = zip("server-1/bin/run.sh", "server-1/conf/server.xml");
    Archives.unzipWithoutTop(zip, folder.resolve("out"));
    assertTrue(Files.isExecutable(folder.resolve("out/bin/run.sh")));
    assertTrue(Files.exists(folder.resolve("out/conf/server.xml")));
  }

  @Test
  void anEntryThatWouldLieOutsideIsRefused() throws IOException {
    var zip = zip("server-1/../../evil");
    assertThrows(IOException.class, () -> Archives.unzipWithoutTop(zip, folder.resolve("out")));
    assertFalse(Files.exists(folder.resolve("evil")));
  }

  private Path zip(String... names) throws IOException {
    var file = folder.resolve("archive.zip");
    try (var out = new ZipOutputStream(Files.newOutputStream(file))) {
      for (String name : names) {
        out.putNextEntry(new ZipEntry(name));
        out.write('x');
      }
    }
    return file;
  }
}

package org.millrace.launcher.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.millrace.launcher.runtime.Folders;

/**
 * Payara's own modules as its module system unpacks them on a domain's first start, which takes
 * half of that start. They depend on the installation alone, so they are kept when the domain is
 * made anew.
 */
final class ModuleCache {
  private final Path cache;
  private final Path aside;
  private final Path owner;
  private final String installation;

  ModuleCache(Path domain, Path installation) {
    this.cache = domain.resolve("osgi-cache");
    this.aside = domain.resolveSibling("osgi-cache");
    this.owner = domain.resolveSibling("osgi-cache.installation");
    this.installation = installation.toString();
  }

  void setAside() throws IOException {
    if (Files.exists(owner) && Files.readString(owner).equals(installation)) {
      if (Files.isDirectory(cache)) {
        Folders.delete(aside);
        Files.move(cache, aside);
      }
    } else {
      Folders.delete(aside);
    }
  }

  void putBack() throws IOException {
    if (Files.isDirectory(aside)) {
      Files.move(aside, cache);
    }
    Files.writeString(owner, installation);
  }
}

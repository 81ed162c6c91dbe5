package org.millrace.launcher.settings;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Where everything of one platform lies under its data folder.
 *
 * @param data absolute
 */
public record Layout(Path data) {
  public Layout {
    data = data.toAbsolutePath().normalize();
  }

  public Path lock() {
    return data.resolve("lock");
  }

  /** What runs, on which ports; there while the platform is up. */
  public Path state() {
    return data.resolve("platform.json");
  }

  public Path secrets() {
    return data.resolve("secrets.properties");
  }

  public Path demoApiKey() {
    return data.resolve("demo-api-key");
  }

  public Path postgres() {
    return data.resolve("postgres");
  }

  public Path keycloak() {
    return data.resolve("keycloak");
  }

  public Path payara() {
    return data.resolve("payara");
  }

  /** The application's own files: the journal of open requests. */
  public Path application() {
    return data.resolve("application");
  }

  /** Whether the application has ever run on this folder, and so may have used its secrets. */
  public boolean hasServed() {
    try (var files = Files.newDirectoryStream(application())) {
      return Files.exists(demoApiKey()) || files.iterator().hasNext();
    } catch (IOException noFolder) {
      return Files.exists(demoApiKey());
    }
  }

  public Path logs() {
    return data.resolve("logs");
  }

  public Path log(String part) {
    return logs().resolve(part + ".log");
  }

  public Path pid(String part) {
    return data.resolve("pids").resolve(part + ".json");
  }
}

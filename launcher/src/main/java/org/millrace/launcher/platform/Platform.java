package org.millrace.launcher.platform;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.util.Optional;
import org.millrace.launcher.console.LaunchException;
import org.millrace.launcher.console.Progress;
import org.millrace.launcher.database.EmbeddedDatabase;
import org.millrace.launcher.identity.Keycloak;
import org.millrace.launcher.runtime.Runtimes;
import org.millrace.launcher.server.ApplicationServer;
import org.millrace.launcher.settings.Layout;
import org.millrace.launcher.settings.PortCheck;
import org.millrace.launcher.settings.PrivateFile;
import org.millrace.launcher.settings.Secrets;

/** The platform of one data folder: starts it whole or not at all, and stops it in order. */
public final class Platform {
  private final Layout layout;
  private final Runtimes runtimes;
  private final Progress progress;

  public Platform(Layout layout, Runtimes runtimes, Progress progress) {
    this.layout = layout;
    this.runtimes = runtimes;
    this.progress = progress;
  }

  /** Whether every part that this folder's platform has is running. */
  public boolean isRunning() {
    return PlatformState.load(layout)
        .filter(PlatformState::ready)
        .filter(state -> new ApplicationServer(layout).running().isPresent())
        .filter(state -> !state.ownKeycloak() || new Keycloak(layout).running().isPresent())
        .filter(state -> !state.ownDatabase() || EmbeddedDatabase.running(layout).isPresent())
        .isPresent();
  }

  /**
   * Starts everything. Where that fails nothing stays behind.
   *
   * @throws LaunchException saying what failed
   */
  public PlatformState start(PlatformSettings settings) throws InterruptedException {
    try {
      PrivateFile.createFolder(layout.data());
      try (var channel = lockFile();
          var lock = lock(channel)) {
        if (!lock.isValid()) {
          throw new IOException("lost the lock on " + layout.lock());
        }
        stopParts();
        PortCheck.requireFree(settings.portsToListenOn());
        return startLocked(settings);
      }
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  private PlatformState startLocked(PlatformSettings settings)
      throws IOException, InterruptedException {
    var secrets = Secrets.loadOrCreate(layout, new SecureRandom());
    var state = PlatformState.starting(settings, databaseUrl(settings));
    state.save(layout);
    PrivateFile.createFolder(layout.application());
    boolean started = false;
    try {
      new Startup(settings, secrets, progress).run();
      var ready = state.nowReady();
      ready.save(layout);
      started = true;
      return ready;
    } finally {
      if (!started) {
        // An interrupt may be why we are here; it must not keep the parts from being stopped.
        boolean interrupted = Thread.interrupted();
        stopParts();
        if (interrupted) {
          Thread.currentThread().interrupt();
        }
      }
    }
  }

  private static String databaseUrl(PlatformSettings settings) {
    return settings
        .externalDatabase()
        .map(access -> access.jdbcUrl())
        .orElseGet(() -> EmbeddedDatabase.url(settings.ports().database(), "millrace"));
  }

  /**
   * Stops what runs: the application first, so that it can finish and settle, then what it needs.
   */
  public void stop() throws InterruptedException {
    if (!Files.isDirectory(layout.data())) {
      return;
    }
    try (var channel = lockFile();
        var lock = lock(channel)) {
      if (lock.isValid()) {
        stopParts();
      }
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  private void stopParts() throws IOException, InterruptedException {
    stopServer();
    stopKeycloak();
    stopDatabase();
    PlatformState.delete(layout);
  }

  private void stopServer() throws IOException {
    var server = new ApplicationServer(layout);
    if (server.running().isPresent()) {
      var stage = progress.begin("Payara and the application");
      server.stop();
      stage.done("stopped");
    }
  }

  private void stopKeycloak() throws IOException {
    var keycloak = new Keycloak(layout);
    if (keycloak.running().isPresent()) {
      var stage = progress.begin("Keycloak");
      keycloak.stop();
      stage.done("stopped");
    }
  }

  private void stopDatabase() throws IOException, InterruptedException {
    Optional<ProcessHandle> running = EmbeddedDatabase.running(layout);
    if (running.isPresent()) {
      var stage = progress.begin("PostgreSQL");
      new EmbeddedDatabase(runtimes.postgres(), layout).stop();
      stage.done("stopped");
    }
  }

  private FileChannel lockFile() throws IOException {
    return FileChannel.open(layout.lock(), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
  }

  private FileLock lock(FileChannel channel) throws IOException {
    try {
      var lock = channel.tryLock();
      if (lock != null) {
        return lock;
      }
    } catch (OverlappingFileLockException sameProcess) {
      // Falls through: this command itself is starting or stopping the platform.
    }
    throw new LaunchException(
        "another millrace command is starting or stopping the platform in %s; wait for it"
            .formatted(layout.data()));
  }
}

package org.millrace.launcher.process;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * Remembers a process beyond the life of the command. A process id alone is not enough, for the
 * system gives it to others after a crash or a restart: the time at which the process began must
 * agree too.
 */
public record PidFile(Path file) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** How far the system's account of a process's begin may move: it is derived from the clock. */
  private static final Duration TOLERANCE = Duration.ofSeconds(5);

  public void write(ProcessHandle process) throws IOException {
    Files.createDirectories(file.toAbsolutePath().getParent());
    var began = process.info().startInstant().map(Instant::toString).orElse("");
    Files.writeString(file, JSON.writeValueAsString(Map.of("pid", process.pid(), "began", began)));
  }

  /** The process, where it is still the one that was remembered and still runs. */
  public Optional<ProcessHandle> running() {
    try {
      if (!Files.exists(file)) {
        return Optional.empty();
      }
      var json = JSON.readTree(file.toFile());
      var began = json.path("began").asText();
      return ProcessHandle.of(json.path("pid").asLong())
          .filter(Processes::isRunning)
          .filter(process -> began.isEmpty() || sameBegin(process, Instant.parse(began)));
    } catch (IOException unreadable) {
      throw new UncheckedIOException("cannot read " + file, unreadable);
    }
  }

  public void delete() throws IOException {
    Files.deleteIfExists(file);
  }

  private static boolean sameBegin(ProcessHandle process, Instant remembered) {
    return process
        .info()
        .startInstant()
        .map(began -> Duration.between(began, remembered).abs().compareTo(TOLERANCE) <= 0)
        .orElse(false);
  }
}

package org.millrace.launcher.console;

import java.nio.file.Path;
import java.util.Optional;

/**
 * The command cannot do what it was asked. The message is one line for a person and says what to
 * do; {@code log} is where more is found.
 */
public final class LaunchException extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private final transient Optional<Path> log;

  public LaunchException(String message) {
    this(message, Optional.empty(), null);
  }

  public LaunchException(String message, Throwable cause) {
    this(message, Optional.empty(), cause);
  }

  public LaunchException(String message, Path log) {
    this(message, Optional.of(log), null);
  }

  private LaunchException(
      String message, Optional<Path> log, @org.jspecify.annotations.Nullable Throwable cause) {
    super(message, cause);
    this.log = log;
  }

  @Override
  public String getMessage() {
    return String.valueOf(super.getMessage());
  }

  public Optional<Path> log() {
    return log;
  }
}

package org.millrace.launcher.platform;

import java.nio.file.Path;
import java.time.Duration;
import org.millrace.launcher.console.LaunchException;
import org.millrace.launcher.console.Progress;

/** Waits until a part answers, its process has ended, or patience has. */
final class Readiness {
  private static final long POLL_MILLIS = 200;
  private static final Duration SOON = Duration.ofSeconds(20);

  private final Duration patience;
  private final Http http = new Http();

  Readiness(Duration patience) {
    this.patience = patience;
  }

  /** Asks once. */
  @FunctionalInterface
  interface Question {
    boolean ask() throws InterruptedException;
  }

  /** What is waited for, and why it is not ready yet as far as it says. */
  static final class Part {
    private final String name;
    private final Process process;
    private final Path log;
    private final Progress.Stage stage;
    private String reason = "";

    Part(String name, Process process, Path log, Progress.Stage stage) {
      this.name = name;
      this.process = process;
      this.log = log;
      this.stage = stage;
    }

    void waitsFor(String newReason) {
      reason = newReason;
    }

    Path log() {
      return log;
    }
  }

  Http http() {
    return http;
  }

  void await(Part part, Question question) throws InterruptedException {
    long deadline = System.nanoTime() + patience.toNanos();
    while (!question.ask()) {
      if (!part.process.isAlive()) {
        throw new LaunchException(
            "%s ended with status %d before it was ready"
                .formatted(part.name, part.process.exitValue()),
            part.log);
      }
      if (System.nanoTime() > deadline) {
        throw new LaunchException(
            "%s was not ready within %d s%s"
                .formatted(
                    part.name,
                    patience.toSeconds(),
                    part.reason.isEmpty() ? "" : ": " + part.reason),
            part.log);
      }
      part.stage.waiting(part.reason.isEmpty() ? "starting" : part.reason);
      Thread.sleep(POLL_MILLIS);
    }
  }

  /** Whether the answer is yes before long. */
  boolean soon(Question question) throws InterruptedException {
    long deadline = System.nanoTime() + SOON.toNanos();
    while (!question.ask()) {
      if (System.nanoTime() > deadline) {
        return false;
      }
      Thread.sleep(POLL_MILLIS);
    }
    return true;
  }
}

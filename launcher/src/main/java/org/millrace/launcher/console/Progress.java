package org.millrace.launcher.console;

import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.LongSupplier;

/**
 * Says what is going on, with the seconds since the command began, and keeps how long each stage
 * took. Safe to use from several threads.
 */
public final class Progress {
  private static final Duration REMINDER = Duration.ofSeconds(10);

  private final PrintStream out;
  private final LongSupplier nanoClock;
  private final long beganNanos;
  private final List<Stage> stages = new ArrayList<>();

  public Progress(PrintStream out, LongSupplier nanoClock) {
    this.out = out;
    this.nanoClock = nanoClock;
    this.beganNanos = nanoClock.getAsLong();
  }

  public static Progress to(PrintStream out) {
    return new Progress(out, System::nanoTime);
  }

  /** A stretch of work with a name; ends with {@link #done}. */
  public final class Stage {
    private final String name;
    private final long stageBeganNanos;
    private long remindedNanos;
    private long endedNanos = -1;

    private Stage(String name) {
      this.name = name;
      this.stageBeganNanos = nanoClock.getAsLong();
      this.remindedNanos = stageBeganNanos;
    }

    public void done(String result) {
      synchronized (Progress.this) {
        endedNanos = nanoClock.getAsLong();
        say("%s: %s (%s)".formatted(name, result, seconds(endedNanos - stageBeganNanos)));
      }
    }

    /**
     * To be called while waiting: prints a line now and then, so that nobody thinks the command
     * hangs.
     */
    public void waiting(String forWhat) {
      synchronized (Progress.this) {
        long now = nanoClock.getAsLong();
        if (now - remindedNanos >= REMINDER.toNanos()) {
          remindedNanos = now;
          say("%s: %s, %s so far".formatted(name, forWhat, seconds(now - stageBeganNanos)));
        }
      }
    }
  }

  public synchronized Stage begin(String name) {
    var stage = new Stage(name);
    stages.add(stage);
    return stage;
  }

  public synchronized void say(String line) {
    out.printf(Locale.ROOT, "[%6.1f s] %s%n", (nanoClock.getAsLong() - beganNanos) / 1e9, line);
    out.flush();
  }

  /**
   * One line a stage: when it began, when it ended, how long it took; stages run beside each other.
   */
  public synchronized List<String> breakdown() {
    var lines = new ArrayList<String>();
    for (Stage stage : stages) {
      if (stage.endedNanos >= 0) {
        lines.add(
            String.format(
                Locale.ROOT,
                "%-34s %6.1f s   (%.1f to %.1f)",
                stage.name,
                (stage.endedNanos - stage.stageBeganNanos) / 1e9,
                (stage.stageBeganNanos - beganNanos) / 1e9,
                (stage.endedNanos - beganNanos) / 1e9));
      }
    }
    lines.add(
        String.format(
            Locale.ROOT, "%-34s %6.1f s", "all", (nanoClock.getAsLong() - beganNanos) / 1e9));
    return List.copyOf(lines);
  }

  private static String seconds(long nanos) {
    return String.format(Locale.ROOT, "%.1f s", nanos / 1e9);
  }
}

package org.millrace.launcher.engine;

import java.io.PrintStream;
import java.util.Locale;

/**
 * Says on stderr what takes long: nothing for the first two seconds, then a line every two. Safe to
 * use from several threads.
 */
final class Patience implements AutoCloseable {
  private static final long EVERY_MILLIS = 2000;
  private final PrintStream err;
  private final String what;
  private final long startNanos = System.nanoTime();
  private final Thread watcher;
  private volatile String how = "";

  private Patience(PrintStream err, String what) {
    this.err = err;
    this.what = what;
    this.watcher = Thread.ofPlatform().daemon().name("patience").start(this::watch);
  }

  static Patience with(String what) {
    return new Patience(System.err, what);
  }

  /** How far it is, e.g. {@code 40%}. */
  void at(String progress) {
    how = ": " + progress;
  }

  private void watch() {
    try {
      while (true) {
        Thread.sleep(EVERY_MILLIS);
        double seconds = (System.nanoTime() - startNanos) / 1e9;
        err.println(String.format(Locale.ROOT, "%s%s (%.0f s)", what, how, seconds));
      }
    } catch (InterruptedException over) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    watcher.interrupt();
  }
}

package org.millrace.launcher;

import java.nio.file.Files;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.millrace.launcher.console.LaunchException;
import org.millrace.launcher.platform.Platform;
import org.millrace.launcher.platform.PlatformSettings;
import org.millrace.launcher.platform.PlatformState;
import org.millrace.launcher.settings.Layout;

/**
 * A platform while the command that started it is still there: Ctrl-C stops it whole, before and
 * after it is ready.
 */
final class Foreground {
  private static final long WATCH_MILLIS = 1_000;
  private static final long UNDO_SECONDS = 150;
  private final Platform platform;
  private final Layout layout;
  private final Thread main = Thread.currentThread();
  private final Thread hook = new Thread(this::onInterrupt, "stop");
  private final CountDownLatch started = new CountDownLatch(1);

  Foreground(Platform platform, Layout layout) {
    this.platform = platform;
    this.layout = layout;
  }

  PlatformState start(PlatformSettings settings) throws InterruptedException {
    Runtime.getRuntime().addShutdownHook(hook);
    try {
      return platform.start(settings);
    } catch (RuntimeException | InterruptedException failed) {
      removeHook();
      throw failed;
    } finally {
      started.countDown();
    }
  }

  private void onInterrupt() {
    try {
      if (started.getCount() > 0) {
        System.err.println("millrace: interrupted; stopping what was started");
        main.interrupt();
        // The main thread takes back what it did. Not a join: it then wants to exit, which waits
        // for this thread.
        started.await(UNDO_SECONDS, TimeUnit.SECONDS);
      }
      platform.stop();
    } catch (InterruptedException again) {
      Thread.currentThread().interrupt();
    }
  }

  int leave() {
    removeHook();
    return 0;
  }

  /** Until Ctrl-C, or until a part ends. */
  int stay() throws InterruptedException {
    System.out.println("Ctrl-C stops the platform.");
    while (platform.isRunning()) {
      Thread.sleep(WATCH_MILLIS);
    }
    if (!Files.exists(layout.state())) {
      return leave();
    }
    throw new LaunchException(
        "a part of the platform ended by itself; stopping the others (see %s)"
            .formatted(layout.logs()));
  }

  private void removeHook() {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException alreadyStopping) {
      // The hook runs and does what is to be done.
    }
  }
}

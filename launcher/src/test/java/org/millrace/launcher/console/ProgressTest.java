package org.millrace.launcher.console;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ProgressTest {
  private final AtomicLong nanos = new AtomicLong();
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final Progress progress =
      new Progress(new PrintStream(bytes, true, StandardCharsets.UTF_8), nanos::get);

  private void pass(double seconds) {
    nanos.addAndGet((long) (seconds * 1e9));
  }

  private String printed() {
    return bytes.toString(StandardCharsets.UTF_8);
  }

  @Test
  void theBreakdownSaysWhenEachStageBeganAndHowLongItTook() {
    pass(1);
    var stage = progress.begin("PostgreSQL");
    pass(2.5);
    stage.done("ready");
    assertEquals(
        "PostgreSQL                            2.5 s   (1.0 to 3.5)",
        progress.breakdown().getFirst());
    assertEquals("all                                   3.5 s", progress.breakdown().getLast());
    assertTrue(printed().contains("[   3.5 s] PostgreSQL: ready (2.5 s)"), printed());
  }

  @Test
  void aLongWaitSaysSoNowAndThenAndNotAllTheTime() {
    var stage = progress.begin("Payara");
    for (int second = 0; second < 25; second++) {
      stage.waiting("starting");
      pass(1);
    }
    assertEquals(2, printed().lines().count(), printed());
  }
}

package org.millrace.launcher.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PidFileTest {
  @TempDir private Path folder;

  private Process sleeper() throws IOException {
    return Processes.start(
        List.of("sleep", "60"), Map.of(), folder, folder.resolve("logs/sleep.log"));
  }

  @Test
  void aProcessIsFoundAgainAndStopped() throws IOException {
    var process = sleeper();
    var file = new PidFile(folder.resolve("pids/part.json"));
    file.write(process.toHandle());
    assertEquals(Optional.of(process.pid()), file.running().map(ProcessHandle::pid));
    assertTrue(Processes.stop(file.running().orElseThrow(), Duration.ofSeconds(10)));
    assertEquals(Optional.empty(), file.running());
  }

  @Test
  void anotherProcessThatGotTheSameIdIsNotOurs() throws IOException {
    var process = sleeper();
    try {
      var file = folder.resolve("part.json");
      Files.writeString(
          file, "{\"pid\":%d,\"began\":\"2020-01-01T00:00:00Z\"}".formatted(process.pid()));
      assertEquals(Optional.empty(), new PidFile(file).running());
      assertTrue(process.isAlive());
    } finally {
      process.destroyForcibly();
    }
  }

  @Test
  void aPidFileThatIsNotThereMeansNothingRuns() {
    assertEquals(Optional.empty(), new PidFile(folder.resolve("none.json")).running());
  }

  @Test
  void aProcessThatWillNotEndIsEndedPastTheGrace() throws IOException, InterruptedException {
    var ready = folder.resolve("ready");
    var process =
        Processes.start(
            List.of("sh", "-c", "trap '' TERM; touch ready; while :; do sleep 0.1; done"),
            Map.of(),
            folder,
            folder.resolve("stubborn.log"));
    while (!Files.exists(ready)) {
      Thread.sleep(10);
    }
    assertFalse(Processes.stop(process.toHandle(), Duration.ofMillis(300)));
    assertFalse(Processes.isRunning(process.toHandle()));
  }

  @Test
  void aPartRunsInASessionOfItsOwnSoThatCtrlCDoesNotReachIt()
      throws IOException, InterruptedException {
    var process = sleeper();
    try {
      long deadline = System.nanoTime() + Duration.ofSeconds(10).toNanos();
      while (session(process) != process.pid() && System.nanoTime() < deadline) {
        Thread.sleep(10);
      }
      assertEquals(process.pid(), session(process));
    } finally {
      process.destroyForcibly();
    }
  }

  private static long session(Process process) throws IOException {
    var stat = Files.readString(Path.of("/proc", Long.toString(process.pid()), "stat"));
    return Long.parseLong(stat.substring(stat.lastIndexOf(')') + 2).split(" ")[3]);
  }
}

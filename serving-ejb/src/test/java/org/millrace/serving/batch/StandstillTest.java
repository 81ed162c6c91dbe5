package org.millrace.serving.batch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.serving.simulation.TestNode;

class StandstillTest {
  private static final Duration STALL = Duration.ofSeconds(120);

  @TempDir Path folder;

  @Test
  void aReplicaWhoseLoopHasEndedStandsStillThoughNothingWaits() throws Exception {
    try (var node = TestNode.open(folder)) {
      var replica = node.replica();
      var loop = Thread.ofPlatform().start(replica::runLoop);
      while (!replica.isLooping()) {
        Thread.onSpinWait();
      }
      assertEquals(Optional.empty(), replica.standstill(node.clock().millis(), STALL));
      loop.interrupt();
      loop.join();
      var reason = replica.standstill(node.clock().millis(), STALL).orElseThrow();
      assertTrue(reason.contains(replica.model()) && reason.contains("ended"), reason);
    }
  }
}

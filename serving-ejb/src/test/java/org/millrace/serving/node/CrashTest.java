package org.millrace.serving.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.billing.api.TokenUsage;
import org.millrace.serving.api.CompletionEvent;
import org.millrace.serving.simulation.FakeHolds.Bill;
import org.millrace.serving.simulation.FakeHolds.Weather;
import org.millrace.serving.simulation.Requests;
import org.millrace.serving.simulation.TestNode;

class CrashTest {
  @TempDir Path dataDir;

  @Test
  void theNextStartSettlesWhatWasHandedOutAndReleasesTheRest() {
    var killed = TestNode.open(dataDir);
    killed.engine().script(_ -> 'x');
    var running = Requests.text("abc", 40);
    var waiting = Requests.text("def", 40);
    var stream = killed.submit(running);
    killed.replica().step();
    killed.replica().step();
    killed.replica().step();
    killed.submit(waiting);
    killed.close();

    var next = new TestNode(TestNode.smallBounds(dataDir), killed.clock(), killed.holds());
    assertEquals(2, next.node().recovering());
    next.settle();
    assertEquals(0, next.node().recovering());
    assertEquals(
        new Bill(new TokenUsage(3, 0, 3), "failed"),
        next.holds().bill(running.requestId()).orElseThrow());
    assertTrue(next.holds().bill(waiting.requestId()).isEmpty());
    assertFalse(next.holds().isOpen(waiting.requestId()));
    assertEquals(3, Requests.textOf(Requests.drain(stream), 0).length());
    next.close();
  }

  @Test
  void aRequestThatEndedDuringAnOutageIsBilledAsItEndedAfterAKill() {
    var killed = TestNode.open(dataDir);
    killed.engine().say("hello");
    var request = Requests.text("abc", 40);
    killed.submit(request);
    killed.holds().weather(Weather.AWAY);
    killed.runEngine();
    killed.settle();
    killed.close();

    var next = new TestNode(TestNode.smallBounds(dataDir), killed.clock(), killed.holds());
    next.settle();
    assertEquals(1, next.node().recovering());
    next.holds().weather(Weather.FINE);
    next.clock().advance(Duration.ofSeconds(1));
    next.settle();
    assertEquals(0, next.node().recovering());
    assertEquals(
        new Bill(new TokenUsage(3, 0, 5), "finished"),
        next.holds().bill(request.requestId()).orElseThrow());
    next.close();
  }

  @Test
  @Timeout(60)
  void aStopLetsRunningRequestsFinishAndCancelsTheRestAfterTheGrace() throws InterruptedException {
    var first = TestNode.open(dataDir);
    first.close();
    var values = TestNode.smallBounds(dataDir);
    values.put("millrace.shutdown.grace-seconds", "1");
    var holds = first.holds();
    var node =
        new ServingNode(
            Requests.config(values),
            holds,
            (_, _, _) -> first.engine(),
            InstantSource.system(),
            () -> 1);
    var replica = node.load(node.config().models().getFirst()).getFirst();
    node.open();
    first.engine().script(_ -> 'x');
    var threads =
        List.of(
            Thread.ofPlatform().start(replica::runLoop),
            Thread.ofPlatform().start(node::settleLoop),
            Thread.ofPlatform().start(node::settleLoop));
    var finishing = Requests.text("abc", 30);
    var events = new ArrayList<CompletionEvent>();
    var stream = node.completions().submit(Requests.caller(), finishing);
    // Nobody reads this one, so it stands still until the grace is over.
    var standing = Requests.text("def", 60);
    node.completions().submit(Requests.caller(), standing);
    var reader =
        Thread.ofVirtual()
            .start(() -> {
              while (events.isEmpty() || !TestNode.isLast(events.getLast())) {
                events.addAll(Requests.drain(stream));
                Thread.onSpinWait();
              }
            });
    node.drain(Duration.ofSeconds(20));
    reader.join();
    assertEquals("finished", holds.bill(finishing.requestId()).orElseThrow().outcome());
    assertEquals("cancelled", holds.bill(standing.requestId()).orElseThrow().outcome());
    assertEquals(0, holds.openCount());
    for (Thread thread : threads) {
      thread.interrupt();
      thread.join();
    }
    assertEquals(0, node.journal().slotsTaken());
    node.close();
  }
}

package org.millrace.serving.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.billing.api.TokenUsage;
import org.millrace.serving.api.CompletionEvent.Completed;
import org.millrace.serving.api.CompletionEvent.Failed;
import org.millrace.serving.api.CompletionEvent.FinishReason;
import org.millrace.serving.api.ServingError;
import org.millrace.serving.api.ServingException;
import org.millrace.serving.simulation.FakeHolds.Bill;
import org.millrace.serving.simulation.FakeHolds.Weather;
import org.millrace.serving.simulation.Requests;
import org.millrace.serving.simulation.TestNode;

/** Requests that end before they are done: by their clients, by time, by a fault. */
class EarlyEndTest {
  @TempDir Path dataDir;
  private TestNode server;

  @BeforeEach
  void open() {
    server = TestNode.open(dataDir);
  }

  @AfterEach
  void close() {
    server.close();
  }

  @Test
  void whileTheLedgerIsAwayTheStreamEndsWithAnErrorAndIsBilledLater() {
    server.engine().say("hello");
    var request = Requests.text("abc", 10);
    var stream = server.submit(request);
    server.holds().weather(Weather.AWAY);
    server.runEngine();
    server.settle();
    assertEquals("hello", Requests.textOf(Requests.drain(stream), 0));
    server.clock().advance(Duration.ofSeconds(11));
    var failed = assertInstanceOf(Failed.class, Requests.drain(stream).getLast());
    assertEquals(ServingError.BILLING_UNAVAILABLE, failed.error());
    server.holds().weather(Weather.FINE);
    server.settle();
    assertEquals(5, server.holds().usage(request).outputTokens());
    assertTrue(Requests.drain(stream).isEmpty());
  }

  @Test
  void aCancelledRequestIsBilledForWhatWasGeneratedUpToThen() {
    server.engine().script(_ -> 'x');
    var request = Requests.text("abc", 50);
    var stream = server.submit(request);
    for (int i = 0; i < 7; i++) {
      server.replica().step();
    }
    stream.cancel();
    var events = server.finish(stream);
    assertEquals(FinishReason.CANCELLED, Requests.reasonOf(events, 0));
    assertEquals(
        new Bill(new TokenUsage(3, 0, 7), "cancelled"),
        server.holds().bill(request.requestId()).orElseThrow());
    assertEquals(40, server.engine().blocks().freeBlocks());
  }

  @Test
  void aRequestCancelledWhileItWaitsCostsNothing() {
    var request = Requests.text("abc", 50);
    var stream = server.submit(request);
    stream.close();
    server.finish(stream);
    assertFalse(server.holds().isOpen(request.requestId()));
    assertTrue(server.holds().bill(request.requestId()).isEmpty());
    assertEquals(0, server.engine().steps());
  }

  @Test
  void aRequestThatWaitsTooLongIsRefusedWithItsDeadline() {
    server.engine().script(_ -> 'x');
    var request = Requests.text("abc", 5);
    var stream = server.submit(request);
    server.clock().advance(Duration.ofSeconds(120));
    var failed = assertInstanceOf(Failed.class, server.finish(stream).getLast());
    assertEquals(ServingError.DEADLINE_EXCEEDED, failed.error());
    assertTrue(failed.message().contains("120 s"), failed.message());
    assertFalse(server.holds().isOpen(request.requestId()));
  }

  @Test
  void aRequestThatRunsTooLongIsEndedAndBilledForWhatWasHandedOut() {
    server.engine().script(_ -> 'x');
    var request = Requests.text("abc", 90);
    var stream = server.submit(request);
    server.replica().step();
    server.replica().step();
    server.clock().advance(Duration.ofMinutes(31));
    var failed = assertInstanceOf(Failed.class, server.finish(stream).getLast());
    assertEquals(ServingError.DEADLINE_EXCEEDED, failed.error());
    assertEquals(2, server.holds().usage(request).outputTokens());
  }

  @Test
  void aFailedStepEndsItsRequestsAndTheServerLivesOn() {
    server.engine().script(_ -> 'x');
    var request = Requests.text("abc", 20);
    var stream = server.submit(request);
    server.replica().step();
    server.engine().failNextSteps(1);
    var failed = assertInstanceOf(Failed.class, server.finish(stream).getLast());
    assertEquals(ServingError.ENGINE_FAILED, failed.error());
    assertEquals(
        new Bill(new TokenUsage(3, 0, 1), "failed"),
        server.holds().bill(request.requestId()).orElseThrow());
    var next = server.finish(server.submit(Requests.text("abc", 2)));
    assertInstanceOf(Completed.class, next.getLast());
  }

  @Test
  void aFailureBeforeTheFirstTokenCostsNothing() {
    server.engine().failNextSteps(1);
    var request = Requests.text("abc", 20);
    assertInstanceOf(Failed.class, server.finish(server.submit(request)).getLast());
    assertTrue(server.holds().bill(request.requestId()).isEmpty());
    assertFalse(server.holds().isOpen(request.requestId()));
  }

  @Test
  void aReplicaWhoseStepsKeepFailingIsGivenUp() {
    server.engine().failNextSteps(3);
    for (int i = 0; i < 3; i++) {
      server.finish(server.submit(Requests.text("abc", 20)));
    }
    var refusal =
        assertThrows(ServingException.class, () -> server.submit(Requests.text("abc", 20)));
    assertEquals(ServingError.MODEL_UNAVAILABLE, refusal.error());
    assertEquals("failed", server.node().status().snapshot().replicas().getFirst().state());
  }

  @Test
  void onlyTheSequenceWithBadLogitsFails() {
    for (boolean byNaN : new boolean[] {true, false}) {
      server.engine().script(_ -> 'x');
      var first = server.submit(Requests.text("abc", 6));
      var second = server.submit(Requests.text("def", 6));
      server.replica().step();
      server.engine().breakOneSampler(0, byNaN);
      var failed = assertInstanceOf(Failed.class, server.finish(first).getLast());
      assertTrue(failed.message().contains(byNaN ? "NaN" : "Infinity"), failed.message());
      var events = server.finish(second);
      assertInstanceOf(Completed.class, events.getLast());
      assertEquals("xxxxxx", Requests.textOf(events, 0));
    }
  }

  @Test
  void aSlowReaderPausesItsOwnSequenceAndNoOther() {
    server.engine().script(_ -> 'x');
    var slow = server.submit(Requests.text("abc", 60));
    server.runEngine();
    int read = Requests.drain(slow).size();
    assertTrue(read <= 8, "events kept: " + read);
    var fast = server.finish(server.submit(Requests.text("def", 60)));
    assertEquals(60, Requests.textOf(fast, 0).length());
    var rest = server.finish(slow);
    assertEquals(60, read + Requests.textOf(rest, 0).length());
  }

  @Test
  void aReaderThatStandsStillIsLetGo() {
    server.engine().script(_ -> 'x');
    var request = Requests.text("abc", 60);
    var stream = server.submit(request);
    server.runEngine();
    server.clock().advance(Duration.ofSeconds(61));
    server.replica().step();
    server.settle();
    var events = Requests.drain(stream);
    var failed = assertInstanceOf(Failed.class, events.getLast());
    assertEquals(ServingError.DEADLINE_EXCEEDED, failed.error());
    assertEquals(Requests.deliveredTokens(events), server.holds().usage(request).outputTokens());
  }
}

package org.millrace.serving.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.billing.api.TokenUsage;
import org.millrace.serving.api.CompletionEvent.Completed;
import org.millrace.serving.api.CompletionEvent.Failed;
import org.millrace.serving.api.Models.ServedModel;
import org.millrace.serving.api.ServingError;
import org.millrace.serving.api.ServingException;
import org.millrace.serving.api.ServingStatus.ReplicaView;
import org.millrace.serving.simulation.FakeHolds.Bill;
import org.millrace.serving.simulation.Requests;
import org.millrace.serving.simulation.TestNode;

/** How a model is taken out of service, and comes back. */
class UnloadTest {
  private static final String MODEL = Requests.MODEL;
  private static final Duration GRACE = Duration.ofSeconds(60);

  @TempDir Path dataDir;

  @SuppressWarnings("NullAway.Init")
  private TestNode server;

  @BeforeEach
  void open() {
    server = TestNode.open(dataDir);
    server.engine().script(_ -> 'x');
  }

  @AfterEach
  void close() {
    server.close();
  }

  private ServingNode node() {
    return server.node();
  }

  private Departure withdraw() {
    return node().withdraw(MODEL, "taken out of service by Ada", GRACE).orElseThrow();
  }

  private boolean isOver(Departure departure) {
    return departure.step(server.clock().millis());
  }

  /** Out of service, with nobody on it. */
  private void unload() {
    Departure departure = withdraw();
    assertTrue(isOver(departure));
    node().leave(departure);
  }

  private ServingException refusal() {
    return assertThrows(ServingException.class, () -> server.submit(Requests.text("abc", 4)));
  }

  private ReplicaView view() {
    return node().status().snapshot().replicas().getFirst();
  }

  @Test
  void whatRunsComesToItsEndAndNothingNewIsLetIn() {
    var running = server.submit(Requests.text("abc", 20));
    server.step();
    Departure departure = withdraw();
    assertFalse(isOver(departure));
    assertEquals(ServingError.MODEL_UNAVAILABLE, refusal().error());
    assertEquals("draining", view().state());
    assertEquals("1 requests are coming to their end", view().note());
    assertEquals(List.of(), node().registry().list());
    assertThrows(ServingException.class, () -> node().served(MODEL));
    assertInstanceOf(Completed.class, server.finish(running).getLast());
    assertTrue(isOver(departure));
    assertEquals(0, server.engine().closed(), "its memory is in use until it has left");
    node().leave(departure);
    assertEquals(1, server.engine().closed());
  }

  @Test
  void afterTheGraceWhatRunsIsEndedAndSettledAtWhatItGot() {
    var request = Requests.text("abc", 40);
    var running = server.submit(request);
    var waiting = Requests.drain(running);
    server.step();
    server.step();
    Departure departure = withdraw();
    server.clock().advance(GRACE);
    assertFalse(isOver(departure));
    waiting.addAll(server.finish(running));
    var failed = assertInstanceOf(Failed.class, waiting.getLast());
    assertEquals(ServingError.MODEL_UNAVAILABLE, failed.error());
    assertEquals(
        Optional.of(new Bill(new TokenUsage(3, 0, 2), "failed")),
        server.holds().bill(request.requestId()));
    assertTrue(isOver(departure));
    node().leave(departure);
  }

  @Test
  void anUnloadedModelSaysSoEverywhereAndIsNoFault() {
    unload();
    String message = Objects.requireNonNull(refusal().getMessage());
    assertTrue(message.contains("was taken out of service"), message);
    assertFalse(message.contains("Ada"), message);
    assertEquals("unloaded", view().state());
    assertEquals("taken out of service by Ada", view().note());
    assertEquals(List.of("every model was taken out of service"), node().health(false).reasons());
    assertThrows(ServingException.class, () -> node().served(MODEL));
    assertEquals(Optional.empty(), node().served("none"));
  }

  @Test
  void aModelComesBackFromItsFileAndServes() {
    unload();
    var source = node().comeBack(MODEL).orElseThrow();
    String message = Objects.requireNonNull(refusal().getMessage());
    assertTrue(message.contains("is being loaded"), message);
    assertEquals("loading", view().state());
    node().load(source);
    assertEquals(2, server.engines().size());
    assertEquals("serving", view().state());
    assertEquals(List.of(), node().health(false).reasons());
    assertEquals(List.of(MODEL), node().registry().list().stream().map(ServedModel::name).toList());
    var served = server.finish(server.submit(Requests.text("abc", 4)));
    assertInstanceOf(Completed.class, served.getLast());
    unload();
    assertEquals(List.of(1, 1), server.engines().stream().map(e -> e.closed()).toList());
  }

  @Test
  void aModelWhoseDeviceWasLostComesBackToo() {
    var lost = server.submit(Requests.text("abc", 20));
    server.step();
    server.engine().loseDevice(0);
    assertInstanceOf(Failed.class, server.finish(lost).getLast());
    assertEquals("failed", view().state());
    unload();
    node().load(node().comeBack(MODEL).orElseThrow());
    assertInstanceOf(
        Completed.class, server.finish(server.submit(Requests.text("abc", 4))).getLast());
  }

  @Test
  void aFileThatCannotBeLoadedIsToldAndTriedAgain() {
    unload();
    server.breakFiles(true);
    node().load(node().comeBack(MODEL).orElseThrow());
    assertEquals("failed", view().state());
    assertTrue(view().note().contains("the file is broken"), view().note());
    assertEquals(ServingError.MODEL_UNAVAILABLE, refusal().error());
    assertEquals(Optional.empty(), node().withdraw(MODEL, "", GRACE), "nothing is loaded");
    server.breakFiles(false);
    node().load(node().comeBack(MODEL).orElseThrow());
    assertEquals("serving", view().state());
  }

  @Test
  void whatIsAskedTwiceHappensOnceAndWhatCannotBeIsRefused() {
    assertEquals(Optional.empty(), node().comeBack(MODEL), "it is served");
    Departure departure = withdraw();
    assertEquals(Optional.empty(), node().withdraw(MODEL, "", GRACE));
    var busy = assertThrows(ServingException.class, () -> node().comeBack(MODEL));
    assertEquals(ServingError.MODEL_BUSY, busy.error());
    assertTrue(isOver(departure));
    node().leave(departure);
    assertTrue(node().comeBack(MODEL).isPresent());
    assertEquals(Optional.empty(), node().comeBack(MODEL), "it is on its way");
    var loading = assertThrows(ServingException.class, () -> node().withdraw(MODEL, "", GRACE));
    assertEquals(ServingError.MODEL_BUSY, loading.error());
    var unknown = assertThrows(ServingException.class, () -> node().withdraw("none", "", GRACE));
    assertEquals(ServingError.MODEL_NOT_FOUND, unknown.error());
  }

  @Test
  void aServerThatStopsMeanwhileGivesTheMemoryBackAllTheSame() {
    withdraw();
    node().registry().close();
    assertEquals(1, server.engine().closed());
    node().registry().close();
    assertEquals(1, server.engine().closed());
  }
}

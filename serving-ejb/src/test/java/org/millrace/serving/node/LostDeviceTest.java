package org.millrace.serving.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.millrace.billing.api.TokenUsage;
import org.millrace.serving.api.CompletionEvent;
import org.millrace.serving.api.CompletionEvent.Completed;
import org.millrace.serving.api.CompletionEvent.Failed;
import org.millrace.serving.api.CompletionStream;
import org.millrace.serving.api.ServingError;
import org.millrace.serving.api.ServingException;
import org.millrace.serving.api.ServingStatus.ReplicaView;
import org.millrace.serving.simulation.ByteTokenizer;
import org.millrace.serving.simulation.FakeHolds.Bill;
import org.millrace.serving.simulation.Requests;
import org.millrace.serving.simulation.ScriptedEngine;
import org.millrace.serving.simulation.TestNode;

/** What becomes of requests, and of the server, when a device is lost in the middle of a step. */
class LostDeviceTest {
  @TempDir Path dataDir;

  @SuppressWarnings("NullAway.Init")
  private TestNode server;

  private void open(int replicas) {
    var values = TestNode.smallBounds(dataDir);
    values.put("millrace.engine.device", "cpu;".repeat(replicas));
    server = TestNode.open(values);
  }

  @AfterEach
  void close() {
    server.close();
  }

  private List<ReplicaView> views() {
    return server.node().status().snapshot().replicas();
  }

  @Test
  void withoutAnotherReplicaRequestsEndAsUnavailableAndAreBilledForWhatTheyGot() {
    open(1);
    server.engine().script(_ -> 'x');
    var running = Requests.text("abc", 20);
    var stream = server.submit(running);
    for (int i = 0; i < 3; i++) {
      server.step();
    }
    server.engine().loseDevice(0);
    var failed = assertInstanceOf(Failed.class, server.finish(stream).getLast());
    assertEquals(ServingError.MODEL_UNAVAILABLE, failed.error());
    assertEquals(
        new Bill(new TokenUsage(3, 0, 3), "failed"),
        server.holds().bill(running.requestId()).orElseThrow());
    var refusal =
        assertThrows(ServingException.class, () -> server.submit(Requests.text("abc", 20)));
    assertEquals(ServingError.MODEL_UNAVAILABLE, refusal.error());
    assertEquals("failed", views().getFirst().state());
    assertTrue(views().getFirst().note().contains("device is lost"), views().toString());
    assertEquals(1, server.engine().steps() - 3, "given up at once, not after several steps");
    assertTrue(server.node().health(false).reasons().getFirst().contains("device is lost"));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void withAnotherReplicaRequestsGoOnThereAsIfNothingHadHappened(int slice) {
    open(2);
    List<CompletionStream> streams = new ArrayList<>();
    List<String> expected = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      String prompt = "prompt " + i;
      streams.add(server.submit(Requests.with(Requests.text(prompt, 12), 1, List.of(), 100L + i)));
      int[] tokens = new ByteTokenizer().encode(prompt, true, false);
      expected.add(text(ScriptedEngine.alone(tokens, 100 + i, 12)));
    }
    for (int i = 0; i < 4; i++) {
      server.step();
    }
    assertTrue(server.engines().get(0).steps() > 0 && server.engines().get(1).steps() > 0);
    server.engine().loseDevice(slice);
    for (int i = 0; i < streams.size(); i++) {
      List<CompletionEvent> events = server.finish(streams.get(i));
      assertInstanceOf(Completed.class, events.getLast());
      assertEquals(expected.get(i), Requests.textOf(events, 0));
    }
    assertEquals(List.of("failed", "serving"), views().stream().map(ReplicaView::state).toList());
    assertEquals(List.of(), server.node().health(false).reasons());
    assertTrue(server.node().health(false).lost().getFirst().contains("device is lost"));
    var next = server.finish(server.submit(Requests.text("abc", 2)));
    assertInstanceOf(Completed.class, next.getLast());
  }

  @Test
  void aRequestIsHandedOnOnceOnly() {
    open(3);
    server.engines().forEach(engine -> engine.script(_ -> 'x'));
    var stream = server.submit(Requests.text("abc", 40));
    server.step();
    server.engines().get(0).loseDevice(0);
    server.step();
    server.step();
    server.engines().get(1).loseDevice(0);
    server.engines().get(2).loseDevice(0);
    var failed = assertInstanceOf(Failed.class, server.finish(stream).getLast());
    assertEquals(ServingError.MODEL_UNAVAILABLE, failed.error());
    assertEquals(1, views().stream().filter(view -> view.state().equals("serving")).count());
  }

  @Test
  void whatStillWaitsIsHandedOnToo() {
    open(2);
    server.engines().forEach(engine -> engine.script(_ -> 'x'));
    List<CompletionStream> streams = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      streams.add(server.submit(Requests.text("abc " + i, 8)));
    }
    server.engine().loseDevice(0);
    for (CompletionStream stream : streams) {
      assertInstanceOf(Completed.class, server.finish(stream).getLast());
    }
  }

  @Test
  void aModelThatIsOnItsWaySaysHowFarAndIsGivenUpWhenTheServerStops() {
    open(1);
    var loading = new Loading(server.node().config().models());
    var source = server.node().config().models().getFirst();
    assertTrue(loading.models().getFirst().percent().isEmpty());
    var progress = loading.watch(source);
    progress.loaded(43, 100);
    assertEquals("model scripted.gguf is being loaded: 43%", loading.text().orElseThrow());
    loading.stop();
    var stopped = assertThrows(CancellationException.class, () -> progress.loaded(50, 100));
    assertTrue(Objects.requireNonNull(stopped.getMessage()).contains("the server stops"));
    loading.done(source);
    assertTrue(loading.models().isEmpty());
  }

  private static String text(List<Integer> tokens) {
    int[] ids = tokens.stream().mapToInt(Integer::intValue).toArray();
    return new ByteTokenizer().decode(ids, false);
  }
}

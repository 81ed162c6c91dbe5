package org.millrace.serving.batch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.serving.api.CompletionEvent;
import org.millrace.serving.api.CompletionEvent.Completed;
import org.millrace.serving.api.CompletionStream;
import org.millrace.serving.simulation.Requests;
import org.millrace.serving.simulation.TestNode;

/**
 * The cache has 40 blocks of 4 tokens, a step 24 tokens of at most 6 sequences, the context 96
 * tokens.
 */
class BatchPlannerTest {
  @TempDir Path dataDir;
  private TestNode server;

  @BeforeEach
  void open() {
    server = TestNode.open(dataDir);
    server.engine().script(_ -> 'x');
  }

  @AfterEach
  void thePlansWereRight() {
    assertEquals(List.of(), server.engine().faults());
    server.close();
  }

  @Test
  void aLongPromptIsComputedInChunksWhileOthersGetTheirToken() {
    var running = server.submit(Requests.text("a", 30));
    server.replica().step();
    var prompt = server.submit(Requests.text("p".repeat(90), 2));
    int before = Requests.drain(running).size();
    // 90 tokens at 23 a step: four steps, each of which also gives the running one its token.
    for (int i = 0; i < 4; i++) {
      assertEquals(List.of(), Requests.drain(prompt));
      server.replica().step();
    }
    assertEquals(before + 3, before + Requests.drain(running).size() - 1);
    assertEquals(1, Requests.drain(prompt).size());
    assertEquals(24, server.engine().largestStepTokens());
  }

  @Test
  void noMoreSequencesRunInAStepThanItMayHave() {
    for (int i = 0; i < 8; i++) {
      server.submit(Requests.text("a", 8));
    }
    server.replica().step();
    assertEquals(6, server.engine().largestStepSequences());
    assertEquals(2, server.node().status().snapshot().queuedRequests());
  }

  @Test
  void underPressureTheYoungestGivesWayAndEveryoneFinishes() {
    // Each may grow to 91 positions, 23 blocks; four of them need 92 blocks of 40.
    var streams = new ArrayList<CompletionStream>();
    var ids = new ArrayList<String>();
    for (int i = 0; i < 4; i++) {
      var request = Requests.text("abcdefgh".substring(i, i + 5), 86);
      ids.add(request.requestId());
      streams.add(server.submit(request));
    }
    var finished = new ArrayList<Integer>();
    List<List<CompletionEvent>> events = new ArrayList<>();
    streams.forEach(_ -> events.add(new ArrayList<>()));
    for (int step = 0; step < 2_000 && finished.size() < 4; step++) {
      server.replica().step();
      server.settle();
      for (int i = 0; i < 4; i++) {
        events.get(i).addAll(Requests.drain(streams.get(i)));
        if (!finished.contains(i)
            && !events.get(i).isEmpty()
            && events.get(i).getLast() instanceof Completed) {
          finished.add(i);
        }
      }
    }
    assertEquals(List.of(0, 1, 2, 3), finished, "nobody is overtaken");
    events.forEach(list -> assertEquals(86, Requests.textOf(list, 0).length()));
    assertTrue(server.replica().gauges().preemptions() > 0, "there was no pressure");
    for (String id : ids) {
      // What a sequence finds of its own when it comes back was computed for this very request.
      assertEquals(
          0, server.holds().bill(id).orElseThrow().usage().cachedInputTokens(), "of " + id);
    }
    assertEquals(40, server.engine().blocks().freeBlocks());
  }

  @Test
  void theHeadOfTheQueueIsNotOvertakenByWhatWouldFit() {
    var first = server.submit(Requests.text("p".repeat(80), 10));
    for (int i = 0; i < 5; i++) {
      server.replica().step();
    }
    // 20 blocks are taken and the head needs 24 and one to spare; the small one behind it would
    // fit.
    var head = server.submit(Requests.text("q".repeat(95), 1));
    var small = server.submit(Requests.text("s", 1));
    server.replica().step();
    assertEquals(1, server.node().status().snapshot().replicas().getFirst().waitingSequences());
    assertEquals(List.of(), Requests.drain(small));
    assertEquals(10, Requests.textOf(server.finish(first), 0).length());
    assertEquals(1, Requests.textOf(server.finish(head), 0).length());
    assertEquals(1, Requests.textOf(server.finish(small), 0).length());
  }

  @Test
  void aPausedSequenceGivesItsBlocksToThoseThatRunAndGoesOnLater() {
    var paused = server.submit(Requests.text("p".repeat(80), 16));
    server.runEngine();
    var other = server.submit(Requests.text("q".repeat(90), 6));
    assertEquals(6, Requests.textOf(server.finish(other), 0).length());
    assertTrue(server.replica().gauges().preemptions() > 0);
    assertEquals(16, Requests.textOf(server.finish(paused), 0).length());
  }
}

package org.millrace.serving.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.billing.api.TokenUsage;
import org.millrace.serving.api.CompletionEvent.Completed;
import org.millrace.serving.api.ServingStatus;
import org.millrace.serving.simulation.ByteTokenizer;
import org.millrace.serving.simulation.Requests;
import org.millrace.serving.simulation.ScriptedEngine;
import org.millrace.serving.simulation.TestNode;
import org.millrace.tenancy.api.Limits;

/** What a prompt seen before saves, and to whom. */
class CachedPromptTest {
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
  void aPromptSeenBeforeComesFromTheCacheAndIsBilledAsCached() {
    server.engine().script(_ -> 'x');
    String prompt = "p".repeat(30);
    var first = Requests.text(prompt, 3);
    server.finish(server.submit(first));
    var again = Requests.text(prompt, 3);
    var events = server.finish(server.submit(again));
    // Whole blocks of 4 tokens.
    assertEquals(new TokenUsage(30, 28, 3), server.holds().usage(again));
    assertEquals(new TokenUsage(30, 0, 3), server.holds().usage(first));
    var completed = assertInstanceOf(Completed.class, events.getLast());
    assertEquals(28, completed.usage().cachedTokens());
    assertEquals("0.000008", completed.usage().cost());
    var view =
        server
            .node()
            .status()
            .request(Requests.caller().tenantId(), again.requestId())
            .orElseThrow();
    assertEquals(28, view.cachedTokens());
    assertEquals(
        28, server.node().counters().of(Requests.MODEL).cachedTokens(), "counted for the metrics");
  }

  @Test
  void aPromptOfWholeBlocksLeavesItsLastTokenToBeComputed() {
    String prompt = "p".repeat(32);
    var first = Requests.text(prompt, 5);
    String text = Requests.textOf(server.finish(server.submit(first)), 0);
    var again = Requests.text(prompt, 5);
    assertEquals(text, Requests.textOf(server.finish(server.submit(again)), 0));
    assertEquals(31, server.holds().usage(again).cachedInputTokens());
    assertEquals(List.of(), server.engine().faults());
  }

  @Test
  void choicesOfOnePromptComputeItOnce() {
    String prompt = "a prompt of 22 letters";
    var request = Requests.with(Requests.text(prompt, 9), 3, List.of(), 50L);
    var events = server.finish(server.submit(request));
    int[] tokens = new ByteTokenizer().encode(prompt, true, false);
    for (int choice = 0; choice < 3; choice++) {
      var expected = ScriptedEngine.alone(tokens, 50 + choice, 9);
      assertEquals(
          ByteTokenizer.text(expected), Requests.textOf(events, choice), "choice " + choice);
    }
    assertEquals(2 * 20, server.engine().blocks().adoptedTokens());
    assertEquals(
        0, server.holds().usage(request).cachedInputTokens(), "computed for this very request");
    assertEquals(22, server.holds().usage(request).inputTokens());
  }

  @Test
  void aTenantSeesItsOwnPartOfTheCache() {
    server.engine().script(_ -> 'x');
    var status = server.node().status();
    UUID tenant = Requests.caller().tenantId();
    var stream = server.submit(Requests.text("p".repeat(22), 3));
    server.replica().step();
    // Blocks of 4 tokens, 4 bytes each: 6 are held, of which 5 are full; half of 40 may be kept.
    var running = status.cache(tenant).getFirst();
    assertEquals(
        List.of(new ServingStatus.RequestCacheView(stream.requestId(), 6 * 16L, 5 * 16L)),
        running.requests());
    server.finish(stream);
    assertEquals(
        new ServingStatus.CacheView(Requests.MODEL, 40 * 16L, 6 * 16L, 20 * 16L, List.of()),
        status.cache(tenant).getFirst());
    assertEquals(0, status.cache(new UUID(0, 0)).getFirst().cachedBytes());
  }

  @Test
  void anotherTenantsPromptIsComputedAnew() {
    server.engine().script(_ -> 'x');
    var other = Requests.caller(2, Limits.defaults());
    server.holds().grant(other.tenantId(), 1_000_000);
    server.finish(server.submit(Requests.text("p".repeat(30), 3)));
    var request = Requests.text("p".repeat(30), 3);
    server.finish(server.submit(other, request));
    assertEquals(new TokenUsage(30, 0, 3), server.holds().usage(request));
  }

  @Test
  void aConversationGoesOnFromItsLastAnswer() {
    server.engine().say("an answer of some length");
    server.finish(server.submit(Requests.text("a question?", 30)));
    var next = Requests.text("a question?an answer of some length and more", 3);
    server.finish(server.submit(next));
    // The last token of the answer ended the sequence before it was computed.
    assertEquals(32, server.holds().usage(next).cachedInputTokens());
  }
}

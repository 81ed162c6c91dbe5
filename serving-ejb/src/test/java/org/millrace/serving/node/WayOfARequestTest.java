package org.millrace.serving.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.billing.api.TokenUsage;
import org.millrace.serving.api.CompletionEvent;
import org.millrace.serving.api.CompletionEvent.ChoiceFinished;
import org.millrace.serving.api.CompletionEvent.Completed;
import org.millrace.serving.api.CompletionEvent.Delta;
import org.millrace.serving.api.CompletionEvent.Failed;
import org.millrace.serving.api.CompletionEvent.FinishReason;
import org.millrace.serving.api.CompletionRequest;
import org.millrace.serving.api.ServingError;
import org.millrace.serving.api.ServingException;
import org.millrace.serving.api.ServingStatus;
import org.millrace.serving.simulation.ByteTokenizer;
import org.millrace.serving.simulation.FakeHolds.Bill;
import org.millrace.serving.simulation.FakeHolds.Weather;
import org.millrace.serving.simulation.Requests;
import org.millrace.serving.simulation.ScriptedEngine;
import org.millrace.serving.simulation.TestNode;
import org.millrace.tenancy.api.Limits;

class WayOfARequestTest {
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
  void aFinishedRequestIsBilledForExactlyWhatItsReaderGot() {
    server.engine().say("hello world");
    var request = Requests.text("abc", 40);
    var events = server.finish(server.submit(request));
    assertEquals("hello world", Requests.textOf(events, 0));
    var completed = assertInstanceOf(Completed.class, events.getLast());
    assertEquals(3, completed.usage().promptTokens());
    assertEquals(11, completed.usage().completionTokens());
    assertEquals("0.000025", completed.usage().cost());
    assertEquals(
        new Bill(new TokenUsage(3, 0, 11), "finished"),
        server.holds().bill(request.requestId()).orElseThrow());
    assertEquals(FinishReason.STOP, reasonOf(events, 0));
    assertEquals(11, deliveredTokens(events));
  }

  @Test
  void aRequestEndsAtItsLengthAndSaysSo() {
    server.engine().script(_ -> 'x');
    var events = server.finish(server.submit(Requests.text("abc", 5)));
    assertEquals("xxxxx", Requests.textOf(events, 0));
    assertEquals(FinishReason.LENGTH, reasonOf(events, 0));
  }

  @Test
  void withoutAMaximumARequestRunsToTheEndOfTheContext() {
    server.engine().script(_ -> 'x');
    var events = server.finish(server.submit(Requests.text("abcdef", null)));
    assertEquals(90, Requests.textOf(events, 0).length());
  }

  @Test
  void aStopTextEndsTheChoiceAndIsNeverShownNotEvenInPart() {
    server.engine().say("one ENDish two END three");
    var request = Requests.with(Requests.text("p", 40), 1, List.of("END three", "two END"), 1L);
    var events = server.finish(server.submit(request));
    assertEquals("one ENDish ", Requests.textOf(events, 0));
    assertEquals(FinishReason.STOP, reasonOf(events, 0));
    // The tokens of the stop text were generated, so they are billed.
    assertEquals(18, server.holds().bill(request.requestId()).orElseThrow().usage().outputTokens());
  }

  @Test
  void textThatOnlyLookedLikeAStopIsGivenOutAtTheEnd() {
    server.engine().say("wait for EN");
    var request = Requests.with(Requests.text("p", 40), 1, List.of("END"), 1L);
    var events = server.finish(server.submit(request));
    assertEquals("wait for EN", Requests.textOf(events, 0));
    assertEquals(11, deliveredTokens(events));
  }

  @Test
  void everyChoiceKeepsToTheFormatAndEndsWhereItIsComplete() {
    var schema =
        "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"integer\"}},\"required\":[\"a\"]}";
    var request =
        Requests.with(Requests.text("p", 60), 3, new CompletionRequest.JsonSchema(schema));
    var events = server.finish(server.submit(request));
    for (int choice = 0; choice < 3; choice++) {
      String text = Requests.textOf(events, choice);
      assertTrue(text.matches("\\{\\s*\"a\": ?-?\\d{1,18}\\s*\\}"), text);
      assertEquals(FinishReason.STOP, reasonOf(events, choice));
    }
  }

  @Test
  void aFormatAndAStopTextMayBothEndAChoice() {
    server.engine().say("maybe");
    var plain = Requests.with(Requests.text("p", 40), 1, List.of("b"), 1L);
    var request =
        Requests.with(plain, 1, new CompletionRequest.Choice(List.of("maybe", "mayor", "no")));
    var events = server.finish(server.submit(request));
    assertEquals("may", Requests.textOf(events, 0));
    assertEquals(FinishReason.STOP, reasonOf(events, 0));
  }

  @Test
  void choicesTakeTheirOwnSeedsAndThePromptIsBilledOnce() {
    var request = Requests.with(Requests.text("prompt", 20), 3, List.of(), 100L);
    var events = server.finish(server.submit(request));
    int output = 0;
    int[] prompt = new ByteTokenizer().encode("prompt", true, false);
    for (int choice = 0; choice < 3; choice++) {
      var expected = ScriptedEngine.alone(prompt, 100 + choice, 20);
      assertEquals(textOf(expected), Requests.textOf(events, choice), "choice " + choice);
      output += expected.size();
    }
    assertEquals(
        new TokenUsage(6, 0, output),
        server.holds().bill(request.requestId()).orElseThrow().usage());
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
    assertEquals(new TokenUsage(30, 28, 3), usageOf(again));
    assertEquals(new TokenUsage(30, 0, 3), usageOf(first));
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
    assertEquals(31, usageOf(again).cachedInputTokens());
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
      assertEquals(textOf(expected), Requests.textOf(events, choice), "choice " + choice);
    }
    assertEquals(2 * 20, server.engine().blocks().adoptedTokens());
    assertEquals(0, usageOf(request).cachedInputTokens(), "computed for this very request");
    assertEquals(22, usageOf(request).inputTokens());
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
    assertEquals(new TokenUsage(30, 0, 3), usageOf(request));
  }

  @Test
  void aConversationGoesOnFromItsLastAnswer() {
    server.engine().say("an answer of some length");
    server.finish(server.submit(Requests.text("a question?", 30)));
    var next = Requests.text("a question?an answer of some length and more", 3);
    server.finish(server.submit(next));
    // The last token of the answer ended the sequence before it was computed.
    assertEquals(32, usageOf(next).cachedInputTokens());
  }

  @Test
  void guessingAheadSavesStepsAndChangesNeitherTextNorBill() throws Exception {
    var values = TestNode.smallBounds(Files.createDirectory(dataDir.resolve("guessing")));
    values.put("millrace.engine.speculate-tokens", "4");
    try (var guessing = new TestNode(values, server.clock(), server.holds())) {
      guessing.node().open();
      String said = "over and over and over and over and over";
      for (TestNode node : List.of(server, guessing)) {
        node.engine().say(said);
        var request = Requests.text("say it: ", 60);
        assertEquals(said, Requests.textOf(node.finish(node.submit(request)), 0));
        assertEquals(new TokenUsage(8, 0, said.length()), usageOf(request));
        var cut = Requests.with(Requests.text("again: ", 21), 1, List.of(), 1L);
        assertEquals(said.substring(0, 21), Requests.textOf(node.finish(node.submit(cut)), 0));
        assertEquals(21, usageOf(cut).outputTokens());
        var stopped = Requests.with(Requests.text("stop: ", 60), 1, List.of("r and over a"), 1L);
        assertEquals("ove", Requests.textOf(node.finish(node.submit(stopped)), 0));
        // Tokens behind the stop were drawn in the same step; they are nobody's.
        assertEquals(15, usageOf(stopped).outputTokens());
        assertEquals(List.of(), node.engine().faults());
      }
      assertTrue(
          guessing.engine().rightGuesses() > 30, "right: " + guessing.engine().rightGuesses());
      assertTrue(
          guessing.engine().steps() < server.engine().steps() * 2 / 3,
          guessing.engine().steps() + " steps instead of " + server.engine().steps());
      assertEquals(guessing.engine().rightGuesses(), guessing.replica().gauges().rightGuesses());
    }
  }

  private TokenUsage usageOf(CompletionRequest request) {
    return server.holds().bill(request.requestId()).orElseThrow().usage();
  }

  @Test
  void severalPromptsAreSequencesOfOneRequest() {
    server.engine().script(_ -> 'x');
    var request =
        new CompletionRequest(
            "several",
            Requests.MODEL,
            List.of(
                new CompletionRequest.Text("one"),
                new CompletionRequest.Tokens(List.of(65, 66)),
                new CompletionRequest.Chat(
                    List.of(Map.of("role", "user", "content", "hi")), List.of())),
            2,
            4,
            List.of(),
            Requests.sampling(5L));
    var stream = server.submit(request);
    assertEquals(8, stream.promptTokens());
    var events = server.finish(stream);
    for (int choice = 0; choice < 6; choice++) {
      assertEquals("xxxx", Requests.textOf(events, choice));
      assertEquals(FinishReason.LENGTH, reasonOf(events, choice));
    }
    assertEquals(new TokenUsage(8, 0, 24), server.holds().bill("several").orElseThrow().usage());
  }

  @Test
  void logProbabilitiesComeWithTheTokensTheyBelongTo() {
    server.engine().say("a\u00e4b");
    var sampling =
        new CompletionRequest.Sampling(
            null, null, null, null, null, null, null, 1L, Map.of(), true, 2);
    var request =
        new CompletionRequest(
            "scored",
            Requests.MODEL,
            List.of(new CompletionRequest.Text("p")),
            1,
            9,
            List.of(),
            sampling);
    var events = server.finish(server.submit(request));
    assertEquals("a\u00e4b", Requests.textOf(events, 0));
    var deltas = events.stream().filter(Delta.class::isInstance).map(Delta.class::cast).toList();
    assertEquals(List.of(1, 2, 1), deltas.stream().map(delta -> delta.scores().size()).toList());
    assertEquals("a", deltas.getFirst().scores().getFirst().token());
    assertEquals(2, deltas.getFirst().scores().getFirst().top().size());
    assertEquals((byte) 0xC3, deltas.get(1).scores().getFirst().bytes()[0]);
  }

  @Test
  void theLastEventComesOnlyAfterTheSettlementIsMade() {
    server.engine().say("hello");
    var request = Requests.text("abc", 10);
    var stream = server.submit(request);
    server.runEngine();
    var events = Requests.drain(stream);
    assertInstanceOf(ChoiceFinished.class, events.getLast());
    assertTrue(server.holds().isOpen(request.requestId()));
    server.settle();
    assertInstanceOf(Completed.class, Requests.drain(stream).getLast());
    assertTrue(Requests.drain(stream).isEmpty());
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
    assertEquals(5, server.holds().bill(request.requestId()).orElseThrow().usage().outputTokens());
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
    assertEquals(FinishReason.CANCELLED, reasonOf(events, 0));
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
    assertEquals(2, server.holds().bill(request.requestId()).orElseThrow().usage().outputTokens());
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
    assertEquals(
        deliveredTokens(events),
        server.holds().bill(request.requestId()).orElseThrow().usage().outputTokens());
  }

  @Test
  void requestsWithoutASeedTakeOneFromTheServer() {
    var request = Requests.with(Requests.text("prompt", 20), 1, List.of(), null);
    var events = server.finish(server.submit(request));
    int[] prompt = new ByteTokenizer().encode("prompt", true, false);
    assertEquals(textOf(ScriptedEngine.alone(prompt, 4_711, 20)), Requests.textOf(events, 0));
    assertNotEquals(
        ScriptedEngine.alone(prompt, 4_711, 20), ScriptedEngine.alone(prompt, 4_712, 20));
  }

  static String textOf(List<Integer> tokens) {
    return new ByteTokenizer().decode(tokens.stream().mapToInt(Integer::intValue).toArray(), false);
  }

  private static FinishReason reasonOf(List<CompletionEvent> events, int choice) {
    return events.stream()
        .filter(ChoiceFinished.class::isInstance)
        .map(ChoiceFinished.class::cast)
        .filter(finished -> finished.choice() == choice)
        .findFirst()
        .orElseThrow()
        .reason();
  }

  private static int deliveredTokens(List<CompletionEvent> events) {
    return events.stream()
        .filter(Delta.class::isInstance)
        .mapToInt(event -> ((Delta) event).tokens())
        .sum();
  }
}

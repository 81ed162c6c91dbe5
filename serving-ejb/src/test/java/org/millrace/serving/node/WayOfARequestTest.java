package org.millrace.serving.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.billing.api.TokenUsage;
import org.millrace.serving.api.CompletionEvent.ChoiceFinished;
import org.millrace.serving.api.CompletionEvent.Completed;
import org.millrace.serving.api.CompletionEvent.Delta;
import org.millrace.serving.api.CompletionEvent.FinishReason;
import org.millrace.serving.api.CompletionRequest;
import org.millrace.serving.simulation.ByteTokenizer;
import org.millrace.serving.simulation.FakeHolds.Bill;
import org.millrace.serving.simulation.Requests;
import org.millrace.serving.simulation.ScriptedEngine;
import org.millrace.serving.simulation.TestNode;

/** A request from its admission to its bill. */
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
    assertEquals(FinishReason.STOP, Requests.reasonOf(events, 0));
    assertEquals(11, Requests.deliveredTokens(events));
  }

  @Test
  void aRequestEndsAtItsLengthAndSaysSo() {
    server.engine().script(_ -> 'x');
    var events = server.finish(server.submit(Requests.text("abc", 5)));
    assertEquals("xxxxx", Requests.textOf(events, 0));
    assertEquals(FinishReason.LENGTH, Requests.reasonOf(events, 0));
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
    assertEquals(FinishReason.STOP, Requests.reasonOf(events, 0));
    // The tokens of the stop text were generated, so they are billed.
    assertEquals(18, server.holds().usage(request).outputTokens());
  }

  @Test
  void textThatOnlyLookedLikeAStopIsGivenOutAtTheEnd() {
    server.engine().say("wait for EN");
    var request = Requests.with(Requests.text("p", 40), 1, List.of("END"), 1L);
    var events = server.finish(server.submit(request));
    assertEquals("wait for EN", Requests.textOf(events, 0));
    assertEquals(11, Requests.deliveredTokens(events));
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
      assertEquals(FinishReason.STOP, Requests.reasonOf(events, choice));
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
    assertEquals(FinishReason.STOP, Requests.reasonOf(events, 0));
  }

  @Test
  void choicesTakeTheirOwnSeedsAndThePromptIsBilledOnce() {
    var request = Requests.with(Requests.text("prompt", 20), 3, List.of(), 100L);
    var events = server.finish(server.submit(request));
    int output = 0;
    int[] prompt = new ByteTokenizer().encode("prompt", true, false);
    for (int choice = 0; choice < 3; choice++) {
      var expected = ScriptedEngine.alone(prompt, 100 + choice, 20);
      assertEquals(
          ByteTokenizer.text(expected), Requests.textOf(events, choice), "choice " + choice);
      output += expected.size();
    }
    assertEquals(new TokenUsage(6, 0, output), server.holds().usage(request));
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
        assertEquals(new TokenUsage(8, 0, said.length()), server.holds().usage(request));
        var cut = Requests.with(Requests.text("again: ", 21), 1, List.of(), 1L);
        assertEquals(said.substring(0, 21), Requests.textOf(node.finish(node.submit(cut)), 0));
        assertEquals(21, server.holds().usage(cut).outputTokens());
        var stopped = Requests.with(Requests.text("stop: ", 60), 1, List.of("r and over a"), 1L);
        assertEquals("ove", Requests.textOf(node.finish(node.submit(stopped)), 0));
        // Tokens behind the stop were drawn in the same step; they are nobody's.
        assertEquals(15, server.holds().usage(stopped).outputTokens());
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
      assertEquals(FinishReason.LENGTH, Requests.reasonOf(events, choice));
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
  void requestsWithoutASeedTakeOneFromTheServer() {
    var request = Requests.with(Requests.text("prompt", 20), 1, List.of(), null);
    var events = server.finish(server.submit(request));
    int[] prompt = new ByteTokenizer().encode("prompt", true, false);
    assertEquals(
        ByteTokenizer.text(ScriptedEngine.alone(prompt, 4_711, 20)), Requests.textOf(events, 0));
    assertNotEquals(
        ScriptedEngine.alone(prompt, 4_711, 20), ScriptedEngine.alone(prompt, 4_712, 20));
  }
}

package org.millrace.serving.admission;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.billing.api.BillingError;
import org.millrace.serving.api.CompletionEvent.Completed;
import org.millrace.serving.api.CompletionRequest;
import org.millrace.serving.api.CompletionRequest.Sampling;
import org.millrace.serving.api.ServingError;
import org.millrace.serving.api.ServingException;
import org.millrace.serving.simulation.FakeHolds.Weather;
import org.millrace.serving.simulation.ManualClock;
import org.millrace.serving.simulation.Requests;
import org.millrace.serving.simulation.TestNode;
import org.millrace.tenancy.api.Caller;
import org.millrace.tenancy.api.Limits;

class AdmissionTest {
  @TempDir Path dataDir;
  private TestNode server;

  @BeforeEach
  void open() {
    server = TestNode.open(dataDir);
  }

  @AfterEach
  void nothingIsLeftBehindByRefusals() {
    server.holds().weather(Weather.FINE);
    server.runEngine();
    server.clock().advance(Duration.ofMinutes(1));
    server.settle();
    assertEquals(0, server.holds().openCount());
    assertEquals(0, server.node().journal().slotsTaken());
    server.close();
  }

  private ServingException refusal(CompletionRequest request) {
    return refusal(Requests.caller(), request);
  }

  private ServingException refusal(Caller caller, CompletionRequest request) {
    int holdsBefore = server.holds().count();
    var refusal = assertThrows(ServingException.class, () -> server.submit(caller, request));
    assertEquals(holdsBefore, server.holds().count(), "a refused request has a hold");
    return refusal;
  }

  private static CompletionRequest sampled(Sampling sampling) {
    return new CompletionRequest(
        "sampled",
        Requests.MODEL,
        List.of(new CompletionRequest.Text("p")),
        1,
        1,
        List.of(),
        sampling);
  }

  private static Sampling sampling(
      @Nullable Float temperature, @Nullable Float topP, @Nullable Float penalty) {
    return new Sampling(
        temperature, topP, null, null, null, penalty, null, null, Map.of(), false, 0);
  }

  @Test
  void beforeTheStartIsDoneNobodyIsLetIn() {
    server.node().gate().close("the server is shutting down");
    var refusal = refusal(Requests.text("abc", 1));
    assertEquals(ServingError.SHUTTING_DOWN, refusal.error());
    assertNotNull(refusal.retryAfter());
  }

  @Test
  void aFormatThatCannotBeKeptToIsRefusedBeforeAnythingIsHeld() {
    assertRefused(
        "response_format",
        "response_format cannot be kept to: schema keyword 'not' at /properties/a is not supported",
        Requests.with(
            Requests.text("p", 1),
            1,
            new CompletionRequest.JsonSchema("{\"properties\":{\"a\":{\"not\":{}}}}")));
    assertRefused(
        "response_format",
        "response_format cannot be kept to: in the regular expression, at character 5: references",
        Requests.with(Requests.text("p", 1), 1, new CompletionRequest.Regex("(a)\\1")));
  }

  @Test
  void anUnknownModelIsNamed() {
    var request =
        new CompletionRequest("x", "gpt-9", List.of(), 0, -1, List.of(), Requests.sampling(1L));
    var refusal = refusal(request);
    assertEquals(ServingError.MODEL_NOT_FOUND, refusal.error());
    assertEquals("model 'gpt-9' is not served here", refusal.getMessage());
    assertEquals("model", refusal.parameter());
  }

  @Test
  void eachParameterOutOfItsRangeIsRefusedByNameWithValueAndLimit() {
    assertRefused("max_tokens", "max_tokens is -1; it must be from 1", Requests.text("p", -1));
    assertRefused("max_tokens", "max_tokens is 0", Requests.text("p", 0));
    assertRefused(
        "max_tokens", "max_tokens is 5000; it must be from 1 to 4096", Requests.text("p", 5_000));
    assertRefused("n", "n is 0; it must be from 1 to 8", with(0, List.of()));
    assertRefused("n", "n is 9; it must be from 1 to 8", with(9, List.of()));
    assertRefused(
        "stop", "stop has 5 texts; the limit is 4", with(1, List.of("a", "b", "c", "d", "e")));
    assertRefused("stop", "a stop text has 0 characters", with(1, List.of("")));
    assertRefused(
        "temperature",
        "temperature is 2.1; it must be from 0 to 2",
        sampled(sampling(2.1f, null, null)));
    assertRefused("temperature", "temperature is NaN", sampled(sampling(Float.NaN, null, null)));
    assertRefused(
        "top_p", "top_p is 0.0; it must be more than 0", sampled(sampling(null, 0f, null)));
    assertRefused("top_p", "top_p is 1.5", sampled(sampling(null, 1.5f, null)));
    assertRefused(
        "presence_penalty",
        "presence_penalty is -3.0; it must be from -2 to 2",
        sampled(sampling(null, null, -3f)));
    assertRefused(
        "logit_bias", "logit_bias is 257; it must be from 0 to 256", sampled(biased(257, 1f, 0)));
    assertRefused(
        "logit_bias",
        "logit_bias is 101.0; it must be from -100 to 100",
        sampled(biased(3, 101f, 0)));
    assertRefused(
        "top_logprobs", "top_logprobs is 21; it must be from 0 to 20", sampled(biased(3, 1f, 21)));
    assertRefused("prompt", "the request has 0 prompts; it must have 1 to 32", prompts(List.of()));
    assertRefused("prompt", "the prompt has 0 tokens; it needs at least 1", Requests.text("", 1));
    assertRefused(
        "messages",
        "there are 0 messages",
        prompts(List.of(new CompletionRequest.Chat(List.of(), List.of()))));
    assertRefused(
        "prompt",
        "prompt token 1 is 257; it must be from 0 to 256",
        prompts(List.of(new CompletionRequest.Tokens(List.of(1, 257)))));
  }

  private static Sampling biased(int token, float bias, int topLogprobs) {
    return new Sampling(
        null, null, null, null, null, null, null, null, Map.of(token, bias), true, topLogprobs);
  }

  private static CompletionRequest with(int choices, List<String> stop) {
    return Requests.with(Requests.text("p", 1), choices, stop, 1L);
  }

  private static CompletionRequest prompts(List<CompletionRequest.Prompt> prompts) {
    return new CompletionRequest(
        "prompts", Requests.MODEL, prompts, 1, 1, List.of(), Requests.sampling(1L));
  }

  private void assertRefused(String parameter, String message, CompletionRequest request) {
    var refusal = refusal(request);
    assertEquals(ServingError.INVALID_PARAMETER, refusal.error(), refusal.getMessage());
    assertEquals(parameter, refusal.parameter());
    assertTrue(
        String.valueOf(refusal.getMessage()).startsWith(message),
        () -> refusal.getMessage() + " does not start with " + message);
  }

  @Test
  void aPromptBeyondTheContextIsRefusedNamingBoth() {
    var refusal = refusal(Requests.text("p".repeat(80), 20));
    assertEquals(ServingError.CONTEXT_LENGTH_EXCEEDED, refusal.error());
    assertEquals(
        "the prompt is 80 tokens and max_tokens is 20, together 100; the model's context is 96"
            + " tokens",
        refusal.getMessage());
    assertEquals(
        ServingError.CONTEXT_LENGTH_EXCEEDED, refusal(Requests.text("p".repeat(96), null)).error());
  }

  @Test
  void aHugePromptIsRefusedBeforeItIsTokenised() {
    var refusal = refusal(Requests.text("p".repeat(1_000_001), 1));
    assertEquals(ServingError.CONTEXT_LENGTH_EXCEEDED, refusal.error());
    assertEquals(
        "the prompt has more than 1000000 characters, which is the limit", refusal.getMessage());
  }

  @Test
  void aTenantOverItsRequestsPerMinuteIsToldWhenToComeBack() {
    var caller = Requests.caller(1, new Limits(2, 10_000, 10, 10));
    server.submit(caller, Requests.text("a", 1));
    server.submit(caller, Requests.text("a", 1));
    var refusal = refusal(caller, Requests.text("a", 1));
    assertEquals(ServingError.RATE_LIMITED, refusal.error());
    assertEquals(Duration.ofSeconds(30), refusal.retryAfter());
    assertEquals(0, server.node().status().rate(caller.tenantId()).requestsRemaining());
    server.clock().advance(Duration.ofSeconds(30));
    server.submit(caller, Requests.text("a", 1));
  }

  @Test
  void tokensPerMinuteAreTakenAtTheWorstCaseAndTheUnusedGivenBack() {
    var caller = Requests.caller(1, new Limits(100, 100, 10, 10));
    server.engine().say("xy");
    var stream = server.submit(caller, Requests.text("abc", 60));
    assertEquals(37, server.node().status().rate(caller.tenantId()).tokensRemaining());
    var refusal = refusal(caller, Requests.text("abc", 60));
    assertEquals(ServingError.RATE_LIMITED, refusal.error());
    for (int i = 0; i < 4; i++) {
      server.replica().step();
    }
    server.settle();
    Requests.drain(stream);
    assertEquals(95, server.node().status().rate(caller.tenantId()).tokensRemaining());
    var tooLarge = refusal(caller, Requests.with(Requests.text("abc", 20), 8, List.of(), 1L));
    assertEquals(ServingError.RATE_LIMITED, tooLarge.error());
    assertNull(tooLarge.retryAfter(), "waiting would not help");
  }

  @Test
  void tenantAndServerHaveBoundedQueues() {
    var few = Requests.caller(1, new Limits(1_000, 100_000, 64, 2));
    server.submit(few, Requests.text("a", 1));
    server.submit(few, Requests.text("a", 1));
    var full = refusal(few, Requests.text("a", 1));
    assertEquals(ServingError.QUEUE_FULL, full.error());
    assertEquals(
        "this tenant has 2 waiting requests and brings 1 more; the limit is 2; try again later",
        full.getMessage());
    server.holds().grant(Requests.caller(2, Limits.defaults()).tenantId(), 10_000);
    for (int i = 2; i < 8; i++) {
      server.submit(Requests.caller(2, Limits.defaults()), Requests.text("a", 1));
    }
    var serverFull = refusal(Requests.caller(2, Limits.defaults()), Requests.text("a", 1));
    assertEquals(ServingError.QUEUE_FULL, serverFull.error());
    assertNotNull(serverFull.retryAfter());
    assertEquals(8, server.node().status().snapshot().queuedRequests());
    assertEquals(
        3,
        server.node().status().queue(Requests.caller(2, Limits.defaults()).tenantId()).position());
  }

  @Test
  void concurrentSequencesAreBoundedPerTenant() {
    var caller = Requests.caller(1, new Limits(1_000, 100_000, 4, 100));
    server.submit(caller, Requests.with(Requests.text("a", 1), 3, List.of(), 1L));
    var full = refusal(caller, Requests.with(Requests.text("a", 1), 2, List.of(), 1L));
    assertEquals(ServingError.QUEUE_FULL, full.error());
    assertEquals(
        ServingError.INVALID_PARAMETER,
        refusal(caller, Requests.with(Requests.text("a", 1), 5, List.of(), 1L)).error());
  }

  @Test
  void billingsRefusalsKeepTheirMeaning() {
    server.holds().refuse(BillingError.NO_PRICE);
    assertEquals(ServingError.BILLING_UNAVAILABLE, refusal(Requests.text("a", 1)).error());
    server.holds().refuse(null);
    var poor = Requests.caller(9, Limits.defaults());
    server.holds().grant(poor.tenantId(), 10);
    var refusal = refusal(poor, Requests.text("a", 5));
    assertEquals(ServingError.INSUFFICIENT_CREDIT, refusal.error());
    assertEquals("needs 11, has 10", refusal.getMessage());
  }

  @Test
  void aHoldWhoseAnswerWasLostIsReleased() {
    server.holds().weather(Weather.ANSWER_LOST);
    var lost = assertThrows(ServingException.class, () -> server.submit(Requests.text("a", 5)));
    assertEquals(ServingError.BILLING_UNAVAILABLE, lost.error());
    assertEquals(1, server.holds().openCount());
    server.holds().weather(Weather.FINE);
    server.settle();
    assertEquals(0, server.holds().openCount());
  }

  @Test
  void aRequestIdIsUsedOnceAlsoAcrossARestart() {
    server.engine().say("x");
    var request = Requests.text("a", 5);
    assertInstanceOf(Completed.class, server.finish(server.submit(request)).getLast());
    assertEquals(ServingError.DUPLICATE_REQUEST, refusal(request).error());
    server.clock().advance(Duration.ofSeconds(5));
    server.close();
    server = new TestNode(TestNode.smallBounds(dataDir), server.clock(), server.holds());
    server.node().open();
    assertEquals(ServingError.DUPLICATE_REQUEST, refusal(request).error());
  }

  /** Its client came here, too, and our clock is behind the one that the hold was placed by. */
  @Test
  void aRequestThatAnotherServerRunsIsRefusedWhateverTheClocksSay(@TempDir Path otherDir) {
    server.submit(Requests.text("so that the two count their claims apart", 1));
    var request = Requests.text("a", 5);
    server.submit(request);
    var behind = new ManualClock();
    behind.advance(Duration.ofMinutes(-1));
    try (var other = new TestNode(TestNode.smallBounds(otherDir), behind, server.holds())) {
      other.node().open();
      var refusal = assertThrows(ServingException.class, () -> other.submit(request));
      assertEquals(ServingError.DUPLICATE_REQUEST, refusal.error());
    }
  }

  @Test
  void aRepetitionThatGotNoAnswerDoesNotEndTheHoldThatAnotherServerRunsOn(@TempDir Path otherDir) {
    server.submit(Requests.text("so that the two count their claims apart", 1));
    var request = Requests.text("a", 5);
    server.submit(request);
    try (var other = new TestNode(TestNode.smallBounds(otherDir), server.clock(), server.holds())) {
      other.node().open();
      server.holds().weather(Weather.AWAY);
      assertThrows(ServingException.class, () -> other.submit(request));
      server.holds().weather(Weather.FINE);
      other.settle();
    }
    assertTrue(server.holds().isOpen(request.requestId()));
  }

  @Test
  void aHoldOfOursIsOursAlsoWhenTheClockWentBackMeanwhile() {
    var ahead = new ManualClock();
    ahead.advance(Duration.ofMinutes(1));
    server.close();
    server = new TestNode(TestNode.smallBounds(dataDir), ahead, server.holds());
    server.node().open();
    server.engine().say("x");
    var answer = server.finish(server.submit(Requests.text("a", 5)));
    assertInstanceOf(Completed.class, answer.getLast());
    assertEquals(0, server.holds().openCount());
  }

  @Test
  void aFullBacklogOfSettlementsLetsNobodyIn() {
    var unsettled = new ArrayList<CompletionRequest>();
    for (int i = 0; i < 16; i++) {
      var request = Requests.text("a", 1);
      unsettled.add(request);
      server.submit(request);
      server.runEngine();
    }
    var refusal = refusal(Requests.text("a", 1));
    assertEquals(ServingError.BILLING_UNAVAILABLE, refusal.error());
    assertEquals(
        "16 requests wait to be billed; the limit is 16; try again later", refusal.getMessage());
    server.settle();
    server.submit(Requests.text("a", 1));
  }

  @Test
  void aBudgetIsNeverOverspentByConcurrentRequests() throws InterruptedException {
    server.close();
    var values = TestNode.smallBounds(dataDir);
    values.put("millrace.queue.requests-max", "1000");
    values.put("millrace.meter.journal-slots", "1000");
    server = new TestNode(values, server.clock(), server.holds());
    server.node().open();
    var caller = Requests.caller(5, Limits.defaults());
    server.holds().grant(caller.tenantId(), 10 * 11);
    var outcomes = Collections.synchronizedList(new ArrayList<String>());
    var threads = new ArrayList<Thread>();
    for (int i = 0; i < 50; i++) {
      String id = "budget-" + i;
      threads.add(
          Thread.ofVirtual()
              .start(() -> {
                try {
                  server.submit(
                      caller,
                      new CompletionRequest(
                          id,
                          Requests.MODEL,
                          List.of(new CompletionRequest.Text("a")),
                          1,
                          5,
                          List.of(),
                          Requests.sampling(1L)));
                  outcomes.add("admitted");
                } catch (ServingException e) {
                  outcomes.add(e.error().name());
                }
              }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertEquals(10, Collections.frequency(outcomes, "admitted"));
    assertEquals(40, Collections.frequency(outcomes, "INSUFFICIENT_CREDIT"));
    assertEquals(10, server.node().status().snapshot().queuedRequests());
  }
}

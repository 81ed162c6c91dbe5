package org.millrace.webapi.completion;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.millrace.webapi.ScriptedStream.delta;
import static org.millrace.webapi.ScriptedStream.usage;

import java.io.InputStream;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.millrace.serving.api.CompletionEvent;
import org.millrace.serving.api.CompletionEvent.ChoiceFinished;
import org.millrace.serving.api.CompletionEvent.Completed;
import org.millrace.serving.api.CompletionEvent.Failed;
import org.millrace.serving.api.CompletionEvent.FinishReason;
import org.millrace.serving.api.ServingError;
import org.millrace.serving.api.ServingException;
import org.millrace.webapi.House;
import org.millrace.webapi.ScriptedStream;

class WholeTest {
  private static final String CHAT =
      "{\"model\":\"org/tiny\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]%s}";

  private final House house = new House();

  @Test
  void aWholeChatAnswerHasMessageReasonAndUsage() {
    var answer = house.post("/v1/chat/completions", CHAT.formatted(""));
    assertEquals(200, answer.status());
    assertTrue(
        answer
            .body()
            .contains(
                "\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"Hello world\",\"refusal\":null,\"annotations\":[]},"
                    + "\"logprobs\":null,\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":2,\"total_tokens\":9"),
        answer.body());
    assertEquals("chat.completion", answer.json().get("object"));
    assertEquals(answer.requestId(), house.submitted.getFirst().requestId());
    assertEquals(1, house.streams.getFirst().closes);
  }

  @Test
  void choicesThatArriveMixedAreSortedByIndex() {
    house.script =
        new CompletionEvent[] {
          delta(1, "b1"),
          delta(0, "a1"),
          new ChoiceFinished(1, FinishReason.LENGTH),
          delta(0, "a2"),
          new ChoiceFinished(0, FinishReason.STOP),
          new Completed(usage(2, 0, 3))
        };
    var body =
        house
            .post(
                "/v1/completions",
                "{\"model\":\"org/tiny\",\"prompt\":[\"A\",\"B\"],\"echo\":true}")
            .body();
    assertTrue(
        body.contains(
            "\"choices\":[{\"text\":\"Aa1a2\",\"index\":0,\"logprobs\":null,\"finish_reason\":\"stop\"},"
                + "{\"text\":\"Bb1\",\"index\":1,\"logprobs\":null,\"finish_reason\":\"length\"}]"),
        body);
  }

  @Test
  void aRefusalHasServingsWordsParameterAndWait() {
    house.refusal =
        new ServingException(
            ServingError.CONTEXT_LENGTH_EXCEEDED,
            "prompt is 9312 tokens; the limit is 8192",
            "messages",
            null);
    var answer = house.post("/v1/chat/completions", CHAT.formatted(""));
    assertEquals(400, answer.status());
    assertEquals("context_length_exceeded", answer.error().get("code"));
    assertEquals("prompt is 9312 tokens; the limit is 8192", answer.error().get("message"));
    assertEquals("messages", answer.error().get("param"));

    house.refusal =
        new ServingException(
            ServingError.RATE_LIMITED, "100 requests", null, Duration.ofMillis(1_200));
    var limited = house.post("/v1/chat/completions", CHAT.formatted(""));
    assertEquals(429, limited.status());
    assertEquals("2", limited.headers().get("Retry-After"));
  }

  @Test
  void aWholeAnswerThatFailsIsAnError() {
    house.script =
        new CompletionEvent[] {
          delta(0, "x"), new Failed(ServingError.SHUTTING_DOWN, "shutting down")
        };
    var answer = house.post("/v1/chat/completions", CHAT.formatted(""));
    assertEquals(503, answer.status());
    assertEquals("shutting_down", answer.error().get("code"));
    assertEquals(1, house.streams.getFirst().closes);
  }

  @Test
  void aClientThatLeavesIsNoticedAndItsRequestCancelled() {
    house.clientGone = true;
    house.script =
        new CompletionEvent[] {
          delta(0, "x"),
          ScriptedStream.SILENCE,
          new ChoiceFinished(0, FinishReason.CANCELLED),
          new Completed(usage(2, 0, 1))
        };
    house.post("/v1/chat/completions", CHAT.formatted(""));
    assertEquals(1, house.streams.getFirst().cancels);

    house.post("/v1/chat/completions", CHAT.formatted(""), Map.of("Idempotency-Key", "again"));
    assertEquals(0, house.streams.getLast().cancels, "it may come again for this answer");
  }

  @Test
  void anUnknownModelIsA404AndSubmitsNothing() {
    var answer =
        house.post(
            "/v1/chat/completions",
            "{\"model\":\"gpt-9\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}");
    assertEquals(404, answer.status());
    assertEquals("model_not_found", answer.error().get("code"));
    assertEquals("model", answer.error().get("param"));
    assertTrue(house.submitted.isEmpty());
  }

  @Test
  void theKeyIsCheckedBeforeTheBodyIsLookedAt() {
    var wrong =
        house.post("/v1/chat/completions", "{broken", Map.of("Authorization", "Bearer nope"));
    assertEquals(401, wrong.status());
    assertEquals("invalid_api_key", wrong.error().get("code"));
    assertEquals("Bearer realm=\"millrace\"", wrong.headers().get("WWW-Authenticate"));
    var none = house.send("POST", "/v1/chat/completions", Map.of(), InputStream.nullInputStream());
    assertEquals("missing_api_key", none.error().get("code"));
  }

  @Test
  void everyRequestHasItsOwnId() {
    var first = house.post("/v1/chat/completions", CHAT.formatted(""));
    var second = house.post("/v1/chat/completions", CHAT.formatted(""));
    assertTrue(first.requestId().matches("req_[0-9a-f]{32}"));
    assertNotEquals(first.requestId(), second.requestId());
  }
}

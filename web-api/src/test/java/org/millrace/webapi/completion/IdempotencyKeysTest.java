package org.millrace.webapi.completion;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.millrace.billing.api.Money;
import org.millrace.billing.api.TokenUsage;
import org.millrace.billing.api.UsageRecords.UsageRecord;
import org.millrace.serving.api.ServingError;
import org.millrace.serving.api.ServingException;
import org.millrace.serving.api.ServingStatus.RequestView;
import org.millrace.webapi.House;
import org.millrace.webapi.http.RequestIds;

class IdempotencyKeysTest {
  private static final String PATH = "/v1/chat/completions";
  private static final String BODY =
      "{\"model\":\"org/tiny\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]%s}";
  private static final Map<String, String> KEY = Map.of("Idempotency-Key", "order-17");

  private final House house = new House();

  @Test
  void theSameKeyAndBodyRunOnceAndAnswerTwice() {
    var first = house.post(PATH, BODY.formatted(""), KEY);
    var second = house.post(PATH, BODY.formatted(""), KEY);
    assertEquals(200, second.status());
    assertEquals(first.body(), second.body());
    assertEquals(first.requestId(), second.requestId());
    assertEquals("true", second.headers().get("idempotent-replayed"));
    assertEquals(1, house.submitted.size());
  }

  @Test
  void theSameKeyWithAnotherBodyIsAConflict() {
    var first = house.post(PATH, BODY.formatted(""), KEY);
    var second = house.post(PATH, BODY.formatted(",\"n\":2"), KEY);
    assertEquals(409, second.status());
    assertEquals("idempotency_conflict", second.error().get("code"));
    assertTrue(String.valueOf(second.error().get("message")).contains(first.requestId()));
    assertEquals(1, house.submitted.size());
  }

  @Test
  void aStreamIsNotKeptButNeitherRunAgain() {
    var first = house.post(PATH, BODY.formatted(",\"stream\":true"), KEY);
    var second = house.post(PATH, BODY.formatted(",\"stream\":true"), KEY);
    assertEquals(200, first.status());
    assertEquals(409, second.status());
    assertEquals("idempotency_finished", second.error().get("code"));
    assertEquals(1, house.submitted.size());
  }

  @Test
  void aRefusalFreesTheKey() {
    house.refusal = new ServingException(ServingError.QUEUE_FULL, "full");
    assertEquals(503, house.post(PATH, BODY.formatted(""), KEY).status());
    house.refusal = null;
    assertEquals(200, house.post(PATH, BODY.formatted(""), KEY).status());
    assertEquals(400, house.post(PATH, "{\"model\":1}", Map.of("Idempotency-Key", "b")).status());
    assertEquals(
        200, house.post(PATH, BODY.formatted(""), Map.of("Idempotency-Key", "b")).status());
  }

  @Test
  void aSecondRequestWhileTheFirstRunsIsRefused() {
    house.live.put(RequestIds.of(House.TENANT, "order-17"), view(null));
    var answer = house.post(PATH, BODY.formatted(""), KEY);
    assertEquals(409, answer.status());
    assertEquals("idempotency_in_progress", answer.error().get("code"));
    assertTrue(house.submitted.isEmpty());
  }

  @Test
  void whatWasBilledBeforeARestartIsNotRunAgain() {
    var id = RequestIds.of(House.TENANT, "order-17");
    house.billed.put(id, record(id));
    var answer = house.post(PATH, BODY.formatted(""), KEY);
    assertEquals(409, answer.status());
    assertEquals("idempotency_finished", answer.error().get("code"));
    assertTrue(house.submitted.isEmpty());
  }

  @Test
  void tenantsDoNotShareKeys() {
    var mine = house.post(PATH, BODY.formatted(""), KEY);
    var theirs =
        house.post(
            PATH,
            BODY.formatted(""),
            Map.of("Idempotency-Key", "order-17", "Authorization", "Bearer " + House.OTHER_KEY));
    assertEquals(200, theirs.status());
    assertNotEquals(mine.requestId(), theirs.requestId());
    assertEquals(2, house.submitted.size());
  }

  @Test
  void aKeyThatIsTooLongIsRefusedWithItsLength() {
    var answer = house.post(PATH, BODY.formatted(""), Map.of("Idempotency-Key", "k".repeat(256)));
    assertEquals(400, answer.status());
    assertTrue(String.valueOf(answer.error().get("message")).contains("256"));
  }

  private static RequestView view(@Nullable Instant finished) {
    return new RequestView(
        "r", "running", "m", 1, 0, 0, null, null, null, null, House.NOW, null, null, finished);
  }

  private static UsageRecord record(String id) {
    return new UsageRecord(
        id,
        House.TENANT,
        House.TENANT,
        House.TENANT,
        "org/tiny",
        new TokenUsage(7, 3, 2),
        Money.of("0.00001", "USD"),
        House.TENANT,
        House.TENANT,
        "finished",
        House.NOW,
        House.NOW);
  }
}

package org.millrace.webapi.account;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.InputStream;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.millrace.billing.api.Money;
import org.millrace.billing.api.TokenUsage;
import org.millrace.billing.api.UsageRecords.UsageRecord;
import org.millrace.serving.api.ServingStatus.RequestView;
import org.millrace.webapi.House;

class AccountEndpointTest {
  private static final String ID = "req_" + "0".repeat(32);
  private static final String PATH = "/v1/millrace/requests/" + ID;

  private final House house = new House();

  @Test
  void aRunningRequestIsToldByServing() {
    house.live.put(ID, view("running", null));
    var json = house.get(PATH).json();
    assertEquals("running", json.get("state"));
    assertEquals(5L, json.get("completion_tokens"));
    assertNull(json.get("cost"));
  }

  @Test
  void anEndedRequestIsToldByTheLedgerWithServingsTimings() {
    house.live.put(ID, view("cancelled", House.NOW.plusSeconds(3)));
    house.billed.put(ID, record());
    var json = house.get(PATH).json();
    assertEquals("cancelled", json.get("state"));
    assertEquals("0.00031", json.get("cost"));
    assertEquals("USD", json.get("currency"));
    assertEquals(12L, json.get("completion_tokens"));
    assertTrue(String.valueOf(json.get("timings")).contains("total_seconds=3.0"));
  }

  @Test
  void anOldRequestIsToldByTheLedgerAlone() {
    house.billed.put(ID, record());
    assertEquals(12L, house.get(PATH).json().get("completion_tokens"));
  }

  @Test
  void anotherTenantsRequestIsNotThere() {
    house.billed.put(ID, record());
    house.live.put(ID, view("running", null));
    var answer =
        house.send(
            "GET",
            PATH,
            Map.of("Authorization", "Bearer " + House.OTHER_KEY),
            InputStream.nullInputStream());
    assertEquals(404, answer.status());
    assertEquals("not_found", answer.error().get("code"));
  }

  @Test
  void whatIsNoIdIsNotLookedUp() {
    assertEquals(404, house.get("/v1/millrace/requests/x' or 1=1").status());
  }

  @Test
  void theBalanceIsExactText() {
    var json = house.get("/v1/millrace/balance").json();
    assertEquals("9", json.get("available"));
    assertEquals("1", json.get("held"));
    assertTrue(String.valueOf(json.get("grants")).contains("welcome"));
  }

  @Test
  void theCacheTellsWhatIsKeptAndWhatIsHeld() {
    var body = house.get("/v1/millrace/cache").body();
    assertTrue(
        body.contains(
            "\"model\":\"org/tiny\",\"total_bytes\":4096,\"cached_bytes\":512,\"cached_bytes_max\":2048,"
                + "\"requests\":[{\"request_id\":\"req_1\",\"held_bytes\":256,\"shareable_bytes\":128}]"),
        body);
  }

  @Test
  void theQueueTellsPositionAndWait() {
    var json = house.get("/v1/millrace/queue").json();
    assertEquals(3L, json.get("position"));
    assertEquals("4.5", String.valueOf(json.get("expected_wait_seconds")));
  }

  private static RequestView view(String state, @Nullable Instant finished) {
    return new RequestView(
        ID, state, "m", 7, 0, 5, null, null, null, null, House.NOW, House.NOW, null, finished);
  }

  private static UsageRecord record() {
    return new UsageRecord(
        ID,
        House.TENANT,
        House.TENANT,
        House.TENANT,
        "org/tiny",
        new TokenUsage(7, 3, 12),
        Money.of("0.00031", "USD"),
        House.TENANT,
        House.TENANT,
        "cancelled",
        House.NOW,
        House.NOW);
  }
}

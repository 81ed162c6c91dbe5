package org.millrace.it.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.Duration;
import java.time.Instant;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.millrace.it.platform.Api;
import org.millrace.it.platform.Platform;
import org.millrace.it.platform.Tenant;

/** A model that an admin takes out of service, and brings back. */
class UnloadTest {
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  private final String model = Tenant.model();
  private final Api admin = Tenant.admin();

  private static Api.Answer change(Api api, String model, String body) {
    return api.send(
        api.request("/admin/v1/models/" + model)
            .header("Content-Type", "application/json")
            .PUT(BodyPublishers.ofString(body)));
  }

  private void wanted(String body) {
    var answer = change(admin, model, body);
    assertEquals(202, answer.status(), answer.body());
  }

  private JsonNode replica() {
    for (var replica : admin.get("/admin/v1/status").json().path("replicas")) {
      if (replica.path("model").asText().equals(model)) {
        return replica;
      }
    }
    throw new AssertionError("no replica of " + model);
  }

  private void untilIs(String state) throws InterruptedException {
    for (var until = Instant.now().plus(PATIENCE); Instant.now().isBefore(until); ) {
      if (replica().path("state").asText().equals(state)) {
        return;
      }
      Thread.sleep(50);
    }
    assertEquals(state, replica().path("state").asText());
  }

  /** The other tests want it. */
  @AfterEach
  void bringBack() throws InterruptedException {
    if (!replica().path("state").asText().equals("serving")) {
      untilIs("unloaded");
      wanted("{\"in_service\":true}");
      untilIs("serving");
    }
  }

  private static String chat(String model, int tokens, boolean stream) {
    return "{\"model\":\"%s\",\"messages\":[{\"role\":\"user\",\"content\":\"Tell me a long story.\"}],\"max_tokens\":%d,\"stream\":%s}"
        .formatted(model, tokens, stream);
  }

  private static String served(Api api) {
    var models = api.get("/v1/models").json().path("data");
    return StreamSupport.stream(models.spliterator(), false)
        .map(served -> served.path("id").asText())
        .collect(Collectors.joining(","));
  }

  @Test
  void whatRunsComesToItsEndWhatIsNewIsRefusedAndItServesAgain() throws Exception {
    var tenant = Tenant.create("50");
    var stream = tenant.api().stream("/v1/chat/completions", chat(model, 300, true));
    var lines = stream.body().iterator();
    lines.next();
    wanted("{\"in_service\":false}");
    var refused = tenant.api().post("/v1/chat/completions", chat(model, 4, false));
    assertEquals(503, refused.status(), refused.body());
    assertEquals("model_unavailable", refused.code());
    assertTrue(refused.body().contains("out of service"), refused.body());
    var last = "";
    while (lines.hasNext()) {
      var line = lines.next();
      last = line.isBlank() ? last : line;
    }
    assertEquals("data: [DONE]", last);
    untilIs("unloaded");
    assertTrue(!served(tenant.api()).contains(model));
    assertTrue(replica().path("note").asText().contains("taken out of service by"));
    assertTrue(
        !new Api(Platform.shared().url(), null)
            .get("/metrics")
            .body()
            .contains("millrace_replica_up{"));
    wanted("{\"in_service\":true}");
    untilIs("serving");
    assertTrue(served(tenant.api()).contains(model));
    assertEquals(200, tenant.api().post("/v1/chat/completions", chat(model, 4, false)).status());
    assertEquals(0, tenant.held().signum());
    var trail = admin.get("/admin/v1/audit?limit=5").body();
    assertTrue(trail.contains("model.unload") && trail.contains("model.load"), trail);
  }

  @Test
  void afterTheGraceWhatRunsIsEndedAndSettledAtWhatItGot() throws Exception {
    var tenant = Tenant.create("50");
    var response = tenant.api().stream("/v1/chat/completions", chat(model, 400, true));
    var id = response.headers().firstValue("x-request-id").orElseThrow();
    var lines = response.body().iterator();
    lines.next();
    wanted("{\"in_service\":false,\"grace_seconds\":0}");
    var body = new StringBuilder();
    lines.forEachRemaining(body::append);
    var request = tenant.api().get("/v1/millrace/requests/" + id).json();
    // Where it was faster than the admin, it came to its end.
    var ended = body.indexOf("model_unavailable") >= 0;
    assertEquals(ended ? "failed" : "finished", request.path("state").asText(), request.toString());
    untilIs("unloaded");
    assertEquals(0, tenant.held().signum());
  }

  @Test
  void onlyAPlatformAdminMayAndOnlyWhatIsThere() {
    var tenantAdmin = change(Tenant.as("tenant@demo", "tenant"), model, "{\"in_service\":false}");
    assertEquals(403, tenantAdmin.status(), tenantAdmin.body());
    var unknown = change(admin, "no-such-model", "{\"in_service\":false}");
    assertEquals(404, unknown.status(), unknown.body());
    assertEquals("model_not_found", unknown.code());
    var unsaid = change(admin, model, "{}");
    assertEquals("missing_required_parameter", unsaid.code());
    assertEquals("serving", replica().path("state").asText());
  }
}

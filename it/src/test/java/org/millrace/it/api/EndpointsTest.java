package org.millrace.it.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.millrace.it.platform.Api;
import org.millrace.it.platform.Platform;
import org.millrace.it.platform.Tenant;

/** What stands beside the completions, on the same port. */
class EndpointsTest {
  private final Api anyone = new Api(Platform.shared().url(), null);

  @ParameterizedTest
  @ValueSource(strings = {"/health/ready", "/health/live", "/health/started"})
  void healthIsUp(String path) {
    var answer = anyone.get(path);
    assertEquals(200, answer.status());
    assertEquals("UP", answer.json().path("status").asText());
  }

  @Test
  void metricsAreThereForPrometheus() {
    var answer = anyone.get("/metrics");
    assertEquals(200, answer.status());
    for (var line :
        new String[] {
          "# TYPE millrace_requests_total counter",
          "# TYPE millrace_completion_tokens_total counter",
          "# TYPE millrace_steps_total counter",
          "# TYPE millrace_running_sequences gauge"
        }) {
      assertTrue(answer.body().contains(line), answer.body());
    }
  }

  @Test
  void theApiDescribesItself() {
    var answer = anyone.get("/openapi");
    assertEquals(200, answer.status());
    for (var path :
        new String[] {
          "/v1/chat/completions",
          "/v1/completions",
          "/v1/models",
          "/v1/millrace/balance",
          "/admin/v1/tenants",
          "Idempotency-Key",
          "x-ratelimit-remaining-tokens"
        }) {
      assertTrue(answer.body().contains(path), path);
    }
  }

  @Test
  void theBareAddressSaysWhereEverythingIs() {
    var json = anyone.get("/").json();
    assertEquals("/openapi", json.path("openapi").asText());
    assertEquals("/console/", json.path("console").asText());
  }

  @Test
  void everyAnswerCarriesItsHeaders() {
    var demo = new Api(Platform.shared().url(), Platform.shared().demoKey());
    var answer = demo.get("/v1/models");
    assertTrue(answer.header("x-request-id").matches("req_[0-9a-f]{32}"));
    assertTrue(answer.header("openai-processing-ms").matches("\\d+"));
    assertTrue(Integer.parseInt(answer.header("x-ratelimit-limit-requests")) > 0);
    assertTrue(answer.header("x-ratelimit-reset-tokens").matches("(\\d+m)?[\\d.]+m?s"));
    assertEquals("nosniff", answer.header("x-content-type-options"));
    assertEquals("", answer.header("access-control-allow-origin"));
  }

  @Test
  void theAdminApiWantsATokenAndNoKey() {
    assertEquals(401, anyone.get("/admin/v1/tenants").status());
    var key = new Api(Platform.shared().url(), Platform.shared().demoKey());
    assertEquals("invalid_token", key.get("/admin/v1/tenants").code());
    var token = Tenant.admin();
    assertEquals("invalid_api_key", new Api(token.url(), token.bearer()).get("/v1/models").code());
  }

  @Test
  void rolesSayWhatAnAdminMayDo() {
    assertEquals(200, Tenant.admin().get("/admin/v1/status").status());
    var auditor = Tenant.as("auditor@demo", "auditor");
    assertEquals(200, auditor.get("/admin/v1/audit").status());
    assertEquals(
        403, auditor.post("/admin/v1/tenants", "{\"slug\":\"x-1\",\"name\":\"x\"}").status());
    var bound = Tenant.as("tenant@demo", "tenant");
    var own = bound.get("/admin/v1/tenants").json().path("data");
    assertEquals(1, own.size());
    assertEquals("demo", own.path(0).path("slug").asText());
    var other = Tenant.create("1");
    assertEquals(404, bound.get("/admin/v1/tenants/" + other.id()).status());
    assertEquals(404, bound.get("/admin/v1/tenants/" + other.id() + "/credits").status());
    assertEquals(403, bound.get("/admin/v1/status").status());
  }

  @Test
  void aRevokedKeyIsRefusedWithinASecond() throws InterruptedException {
    var tenant = Tenant.create("1");
    assertEquals(200, tenant.api().get("/v1/models").status());
    var admin = Tenant.admin();
    var key = admin.get("/admin/v1/tenants/" + tenant.id() + "/keys").json().path("data").path(0);
    assertFalse(key.toString().contains(String.valueOf(tenant.api().bearer())));
    assertEquals(200, admin.delete("/admin/v1/keys/" + key.path("id").asText()).status());
    Thread.sleep(1_000);
    assertEquals("invalid_api_key", tenant.api().get("/v1/models").code());
  }

  @Test
  void aSuspendedTenantIsTold() throws InterruptedException {
    var tenant = Tenant.create("1");
    var path = "/admin/v1/tenants/" + tenant.id();
    assertEquals(200, Tenant.admin().post(path + "/suspend", "").status());
    Thread.sleep(1_000);
    assertEquals("tenant_suspended", tenant.api().get("/v1/models").code());
    assertEquals(200, Tenant.admin().post(path + "/resume", "").status());
    Thread.sleep(1_000);
    assertEquals(200, tenant.api().get("/v1/models").status());
  }
}

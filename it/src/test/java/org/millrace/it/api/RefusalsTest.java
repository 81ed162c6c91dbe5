package org.millrace.it.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.math.BigDecimal;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.millrace.it.platform.Api;
import org.millrace.it.platform.Ledger;
import org.millrace.it.platform.Platform;
import org.millrace.it.platform.Tenant;

/** Each bad request has an error of its own, in OpenAI's shape, and costs nothing. */
@SuppressWarnings("NullAway.Init") // set before the first test
class RefusalsTest {
  private static final String CHAT = "/v1/chat/completions";

  private static Tenant tenant;
  private static String model;

  @BeforeAll
  static void tenant() {
    tenant = Tenant.create("5");
    model = Tenant.model();
  }

  @AfterEach
  void nothingIsBilledOrHeld() throws SQLException {
    assertEquals(0, tenant.available().compareTo(new BigDecimal("5")));
    assertEquals(0, tenant.held().signum());
    assertEquals(
        0,
        Ledger.count(
            "select count(*) from hold where tenant_id = ?::uuid and state <> 'RELEASED'",
            tenant.id()));
  }

  @Test
  void aWrongKey() {
    var answer = new Api(Platform.shared().url(), "mlr_live_nobody").post(CHAT, question(""));
    refused(answer, 401, "invalid_api_key");
    assertTrue(answer.header("www-authenticate").startsWith("Bearer"));
  }

  @Test
  void noKeyAtAll() {
    refused(
        new Api(Platform.shared().url(), null).post(CHAT, question("")), 401, "missing_api_key");
  }

  @Test
  void aHugeBodyWithItsLength() {
    var body = question(",\"user\":\"" + "x".repeat(10_000_000) + "\"");
    var answer = tenant.api().post(CHAT, body);
    refused(answer, 413, "request_too_large");
    assertTrue(answer.body().contains(Integer.toString(body.length())), answer.body());
    assertTrue(answer.body().contains("4194304"), answer.body());
  }

  @Test
  void aHugeBodyThatDoesNotTellItsLength() {
    refused(
        tenant.api().postChunked(CHAT, new ByteArrayInputStream(new byte[10_000_000])),
        413,
        "request_too_large");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "{\"model\": | 400 | invalid_json",
        "[] | 400 | invalid_json",
        "{\"model\":\"a\",\"model\":\"b\"} | 400 | invalid_json",
        "{} | 400 | missing_required_parameter",
      })
  void brokenJson(String body, int status, String code) {
    refused(tenant.api().post(CHAT, body), status, code);
  }

  @Test
  void jsonThatNestsTooDeep() {
    refused(tenant.api().post(CHAT, "{\"a\":" + "[".repeat(500_000)), 400, "invalid_json");
  }

  @Test
  void aFormInsteadOfJson() {
    refused(
        tenant.api().post(CHAT, "model=x", "Content-Type", "application/x-www-form-urlencoded"),
        415,
        "unsupported_media_type");
  }

  @Test
  void anUnknownModel() {
    var body = "{\"model\":\"gpt-9\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}";
    refused(tenant.api().post(CHAT, body), 404, "model_not_found");
  }

  @Test
  void aPromptThatIsTooLong() {
    var text = "hello world ".repeat(20_000);
    var answer =
        tenant
            .api()
            .post(
                CHAT,
                "{\"model\":\"%s\",\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]}"
                    .formatted(model, text));
    refused(answer, 400, "context_length_exceeded");
    assertTrue(answer.body().length() < 1_000, answer.body());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        ",\"max_tokens\":-1 | below_min_value | max_tokens",
        ",\"temperature\":9 | above_max_value | temperature",
        ",\"stream\":\"yes\" | invalid_type | stream",
        ",\"response_format\":{\"type\":\"xml\"} | invalid_value | response_format.type",
        ",\"guided_json\":{\"not\":{}} | invalid_value | guided_json",
      })
  void aParameterThatIsWrong(String member, String code, String parameter) {
    var answer = tenant.api().post(CHAT, question(member));
    refused(answer, 400, code);
    assertEquals(parameter, answer.json().path("error").path("param").asText());
  }

  @Test
  void anUnknownPathAndAWrongMethod() {
    refused(tenant.api().get("/v1/nothing"), 404, "unknown_url");
    refused(tenant.api().get(CHAT), 405, "method_not_allowed");
    refused(tenant.api().get("/nothing/at/all"), 404, "unknown_url");
    refused(tenant.api().get("/WEB-INF/web.xml"), 404, "unknown_url");
  }

  @Test
  void anotherTenantsRequest() {
    var demo = new Api(Platform.shared().url(), Platform.shared().demoKey());
    var theirs = demo.post(CHAT, question(""));
    var id = theirs.header("x-request-id");
    assertEquals(200, demo.get("/v1/millrace/requests/" + id).status());
    refused(tenant.api().get("/v1/millrace/requests/" + id), 404, "not_found");
  }

  private static void refused(Api.Answer answer, int status, String code) {
    assertEquals(status, answer.status(), answer.body());
    assertEquals(code, answer.code(), answer.body());
    var members = new HashSet<String>();
    answer.json().path("error").fieldNames().forEachRemaining(members::add);
    assertEquals(Set.of("message", "type", "param", "code"), members);
    assertTrue(answer.header("x-request-id").startsWith("req_"));
    assertFalse(answer.body().contains("Exception"), answer.body());
  }

  private static String question(String member) {
    return "{\"model\":\"%s\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],\"max_completion_tokens\":4%s}"
        .formatted(model, member)
        .replace(member.contains("max_tokens") ? ",\"max_completion_tokens\":4" : "\u0000", "");
  }
}

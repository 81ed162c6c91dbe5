package org.millrace.it.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import org.junit.jupiter.api.Test;
import org.millrace.it.platform.Api.Answer;
import org.millrace.it.platform.Tenant;

/** A prompt that was sent before is not computed again, and costs its own price. */
class PrefixCacheTest {
  /** Blocks of the cache hold so many tokens; a prompt shorter than one is never cached. */
  private static final int BLOCK_TOKENS = 32;

  @Test
  void aPromptSentAgainComesFromTheCacheAtTheCachedPrice() {
    var model = Tenant.model();
    var tenant = Tenant.create("10");
    var first = ask(tenant, model);
    var again = ask(tenant, model);
    assertEquals(0, cached(first));
    var usage = again.json().path("usage");
    var input = usage.path("prompt_tokens").asInt();
    var fromCache = cached(again);
    assertTrue(fromCache >= BLOCK_TOKENS && fromCache < input, again.body());
    assertEquals(text(first), text(again));

    var request = tenant.api().get("/v1/millrace/requests/" + again.header("x-request-id")).json();
    assertEquals(fromCache, request.path("cached_tokens").asInt(), request.toString());
    var cost =
        price(model, "input", input - fromCache)
            .add(price(model, "cached_input", fromCache))
            .add(price(model, "output", usage.path("completion_tokens").asInt()));
    assertEquals(0, cost.compareTo(new BigDecimal(request.path("cost").asText())), cost.toString());

    var cache = tenant.api().get("/v1/millrace/cache").json().path("data").path(0);
    assertTrue(cache.path("cached_bytes").asLong() > 0, cache.toString());
  }

  @Test
  void anotherTenantsPromptIsComputedAnew() {
    var model = Tenant.model();
    assertEquals(0, cached(ask(Tenant.create("10"), model)));
    assertEquals(0, cached(ask(Tenant.create("10"), model)));
  }

  private static Answer ask(Tenant tenant, String model) {
    var words = "Say once more which day comes after Monday, please. ".repeat(8);
    var answer =
        tenant
            .api()
            .post(
                "/v1/chat/completions",
                "{\"model\":\"%s\",\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}],\"temperature\":0,\"max_tokens\":8}"
                    .formatted(model, words));
    assertEquals(200, answer.status(), answer.body());
    return answer;
  }

  private static int cached(Answer answer) {
    JsonNode details = answer.json().path("usage").path("prompt_tokens_details");
    return details.path("cached_tokens").asInt(-1);
  }

  private static String text(Answer answer) {
    return answer.json().path("choices").path(0).path("message").path("content").asText();
  }

  private static BigDecimal price(String model, String meter, int tokens) {
    return Tenant.price(model, meter)
        .multiply(BigDecimal.valueOf(tokens))
        .divide(BigDecimal.valueOf(1_000_000));
  }
}

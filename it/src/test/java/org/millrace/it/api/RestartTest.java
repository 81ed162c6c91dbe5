package org.millrace.it.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.millrace.it.platform.Ledger;
import org.millrace.it.platform.Platform;
import org.millrace.it.platform.Tenant;

/**
 * Kills the server in the middle of a stream. Last of all, because every other test wants it alive.
 */
@Order(Integer.MAX_VALUE)
class RestartTest {
  private static final int CHUNKS_BEFORE_THE_KILL = 5;

  @Test
  void aKilledServerSettlesWhatItDeliveredAndForgetsNothing() throws Exception {
    var platform = Platform.shared();
    assumeTrue(platform.mayBeKilled(), "the platform is not ours to kill");
    var tenant = Tenant.create("50");
    // Looked up ahead: by the time the command has answered, the stream would be at its end.
    var server = platform.process("api");
    var response =
        tenant.api().stream(
            "/v1/chat/completions",
            "{\"model\":\"%s\",\"messages\":[{\"role\":\"user\",\"content\":\"Tell me a long story.\"}],\"stream\":true,\"logprobs\":true,\"max_tokens\":400}"
                .formatted(Tenant.model()));
    var id = response.headers().firstValue("x-request-id").orElseThrow();
    var lines = response.body().iterator();
    var received = 0;
    while (received < CHUNKS_BEFORE_THE_KILL && lines.hasNext()) {
      received += lines.next().contains("\"logprob\"") ? 1 : 0;
    }
    assertEquals(CHUNKS_BEFORE_THE_KILL, received);
    assertTrue(server.destroyForcibly());
    server.onExit().join();
    platform.down();
    platform.up();

    assertEquals(200, tenant.api().get("/v1/models").status(), "the key is there");
    var request = tenant.api().get("/v1/millrace/requests/" + id);
    for (var until = Instant.now().plus(Duration.ofSeconds(30));
        request.status() != 200 && Instant.now().isBefore(until);
        request = tenant.api().get("/v1/millrace/requests/" + id)) {
      Thread.sleep(500);
    }
    assertEquals(200, request.status(), request.body());
    assertTrue(request.json().path("completion_tokens").asInt() >= received, request.body());
    var cost = new BigDecimal(request.json().path("cost").asText());
    assertTrue(cost.signum() > 0, request.body());
    assertEquals(0, tenant.held().signum());
    assertEquals(0, new BigDecimal("50").subtract(cost).compareTo(tenant.available()));
    assertTrue(Ledger.verify().ok(), Ledger.verify().toString());
  }
}

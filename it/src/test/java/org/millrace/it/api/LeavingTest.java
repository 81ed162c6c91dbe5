package org.millrace.it.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.math.BigDecimal;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.millrace.it.platform.Ledger;
import org.millrace.it.platform.Platform;
import org.millrace.it.platform.Tenant;

/**
 * Clients that leave before their answer is whole. Nothing is written to them until its end, so
 * nothing fails when they are gone: it has to be looked for.
 */
class LeavingTest {
  private static final String CHAT = "/v1/chat/completions";
  private static final int CHOICES = 8;
  private static final int TOKENS = 900;
  private static final Duration ENDED_WITHIN = Duration.ofSeconds(20);

  @Test
  void aWholeAnswerThatNobodyWaitsForIsCancelledAndBilledForWhatWasGenerated() throws Exception {
    var tenant = Tenant.create("50");
    var body = longAnswer();
    leaveAfterAMoment(tenant, body, "");
    awaitRecord(tenant);
    assertEquals(1, records(tenant, "outcome = 'cancelled'"), "it was not cancelled");
    var generated = sum(tenant, "output_tokens").intValueExact();
    assertTrue(generated > 0 && generated < CHOICES * TOKENS, generated + " tokens");
    var cost = sum(tenant, "cost");
    assertTrue(cost.signum() > 0);
    assertEquals(0, tenant.held().signum());
    assertEquals(0, new BigDecimal("50").subtract(cost).compareTo(tenant.available()));
    assertTrue(Ledger.verify().ok());
  }

  @Test
  void whoBroughtAnIdempotencyKeyMayLeaveAndComeAgainForTheAnswer() throws Exception {
    var tenant = Tenant.create("50");
    var body = longAnswer();
    leaveAfterAMoment(tenant, body, "Idempotency-Key: again\r\n");
    awaitRecord(tenant);
    assertEquals(1, records(tenant, "outcome = 'finished'"), "it was not finished");
    var answer = tenant.api().post(CHAT, body, "Idempotency-Key", "again");
    assertEquals(200, answer.status(), answer.body());
    assertEquals(CHOICES, answer.json().path("choices").size());
    assertEquals(1, records(tenant, "true"), "it was billed again");
  }

  /** Sends a request, waits until it is sure to run, and closes the connection. */
  private static void leaveAfterAMoment(Tenant tenant, String body, String header)
      throws IOException, InterruptedException {
    var server = URI.create(Platform.shared().url());
    try (var socket = new Socket(server.getHost(), server.getPort())) {
      var request =
          "POST %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\n%sContent-Length: %d\r\n\r\n%s"
              .formatted(
                  CHAT, server.getAuthority(), tenant.api().bearer(), header, body.length(), body);
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      socket.getOutputStream().flush();
      for (var until = Instant.now().plus(ENDED_WITHIN);
          tenant.held().signum() == 0 && Instant.now().isBefore(until); ) {
        Thread.sleep(20);
      }
    }
  }

  private static void awaitRecord(Tenant tenant) throws Exception {
    for (var until = Instant.now().plus(ENDED_WITHIN); records(tenant, "true") == 0; ) {
      assertTrue(Instant.now().isBefore(until), "it goes on without its client");
      Thread.sleep(50);
    }
  }

  private static long records(Tenant tenant, String condition) throws SQLException {
    return Ledger.count(
        "select count(*) from usage_record where tenant_id = ?::uuid and " + condition,
        tenant.id());
  }

  private static BigDecimal sum(Tenant tenant, String column) throws SQLException {
    return Ledger.decimal(
        "select sum(" + column + ") from usage_record where tenant_id = ?::uuid", tenant.id());
  }

  /** Kept from its end by its form: some seconds of work. */
  private static String longAnswer() {
    return """
    {"model":"%s","messages":[{"role":"user","content":"Go on."}],"n":%d,"max_tokens":%d,
     "guided_regex":"[a-z ]{8000}"}
    """
        .formatted(Tenant.model(), CHOICES, TOKENS);
  }
}

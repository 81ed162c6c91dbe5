package org.millrace.it.api;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.sql.SQLException;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;
import org.millrace.it.platform.Ledger;
import org.millrace.it.platform.Tenant;

/** The same {@code Idempotency-Key} is billed once. */
class IdempotencyTest {
  private static final String CHAT = "/v1/chat/completions";

  @Test
  void aRepeatedKeyAnswersTheSameAndIsBilledOnce() throws SQLException {
    var tenant = Tenant.create("5");
    var first = tenant.api().post(CHAT, body(8), "Idempotency-Key", "k1");
    var second = tenant.api().post(CHAT, body(8), "Idempotency-Key", "k1");
    assertEquals(200, first.status(), first.body());
    assertEquals(first.body(), second.body());
    assertEquals("true", second.header("idempotent-replayed"));
    assertEquals(first.header("x-request-id"), second.header("x-request-id"));
    assertEquals(1, records(tenant));
    var other = tenant.api().post(CHAT, body(9), "Idempotency-Key", "k1");
    assertEquals(409, other.status());
    assertEquals("idempotency_conflict", other.code());
    assertEquals(1, records(tenant));
  }

  @Test
  void tenAtOnceAreBilledOnce() throws InterruptedException, ExecutionException, SQLException {
    var tenant = Tenant.create("5");
    var answers =
        LedgerUnderLoadTest.inParallel(
            10, i -> tenant.api().post(CHAT, body(8), "Idempotency-Key", "k2"), 10);
    for (var answer : answers) {
      assertEquals(
          true,
          answer.status() == 200 || answer.code().equals("idempotency_in_progress"),
          answer.body());
    }
    assertEquals(1, records(tenant));
  }

  private static long records(Tenant tenant) throws SQLException {
    return Ledger.count("select count(*) from usage_record where tenant_id = ?::uuid", tenant.id());
  }

  private static String body(int maxTokens) {
    return "{\"model\":\"%s\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],\"max_tokens\":%d}"
        .formatted(Tenant.model(), maxTokens);
  }
}

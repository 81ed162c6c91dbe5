package org.millrace.it.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import org.junit.jupiter.api.Test;
import org.millrace.it.platform.Ledger;
import org.millrace.it.platform.Tenant;

/** A hard budget is never overspent, however many ask at once. */
class BudgetTest {
  private static final int REQUESTS = 50;
  private static final int PAID_FOR = 10;
  private static final int MAX_TOKENS = 40;

  @Test
  void fiftyConcurrentRequestsOnABudgetForTenNeverSpendMore() throws Exception {
    var model = Tenant.model();
    var budget = worstCase(model).multiply(BigDecimal.valueOf(PAID_FOR));
    var tenant = Tenant.create(budget.toPlainString());
    var answers =
        LedgerUnderLoadTest.inParallel(
            REQUESTS, i -> tenant.api().post("/v1/chat/completions", body(model)), REQUESTS);

    for (var answer : answers) {
      assertTrue(answer.status() == 200 || answer.status() == 402, answer.body());
      if (answer.status() == 402) {
        assertEquals("insufficient_credit", answer.code());
      }
    }
    assertTrue(answers.stream().filter(answer -> answer.status() == 402).count() > 0);
    assertTrue(answers.stream().filter(answer -> answer.status() == 200).count() >= PAID_FOR);
    var spent =
        Ledger.decimal(
            "select sum(cost) from hold where tenant_id = ?::uuid and state = 'SETTLED'",
            tenant.id());
    assertTrue(spent.compareTo(budget) <= 0, spent + " of " + budget);
    assertEquals(0, tenant.held().signum());
    assertEquals(0, budget.subtract(spent).compareTo(tenant.available()));
    assertTrue(Ledger.verify().ok());
  }

  /** What a request holds: its prompt, and as many tokens as it may generate. */
  private static BigDecimal worstCase(String model) {
    var probe = Tenant.create("100");
    var usage = probe.api().post("/v1/chat/completions", body(model)).json().path("usage");
    var million = BigDecimal.valueOf(1_000_000);
    return Tenant.price(model, "input")
        .multiply(BigDecimal.valueOf(usage.path("prompt_tokens").asLong()))
        .add(Tenant.price(model, "output").multiply(BigDecimal.valueOf(MAX_TOKENS)))
        .divide(million);
  }

  /** As likely to end early as not: a budget must hold without anybody's luck. */
  private static String body(String model) {
    return "{\"model\":\"%s\",\"messages\":[{\"role\":\"user\",\"content\":\"Tell me a story.\"}],\"temperature\":0,\"max_tokens\":%d}"
        .formatted(model, MAX_TOKENS);
  }
}

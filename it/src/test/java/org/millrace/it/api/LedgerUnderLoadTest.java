package org.millrace.it.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.millrace.it.platform.Api;
import org.millrace.it.platform.Ledger;
import org.millrace.it.platform.Tenant;

/**
 * Many clients at once, some of them impolite: after it the ledger balances and nobody paid for
 * less than they got.
 */
class LedgerUnderLoadTest {
  private static final int REQUESTS = 200;
  private static final int CLIENTS = 16;
  private static final int CUT_AFTER_CHUNKS = 3;
  private static final Duration SETTLED_WITHIN = Duration.ofSeconds(20);

  /**
   * What a client knows of its request.
   *
   * @param received tokens whose text it has read
   * @param usage what the last chunk said, -1 where it did not get that far
   */
  private record Seen(String id, int status, int received, int usage) {
    boolean isFinished() {
      return usage >= 0;
    }
  }

  @Test
  void twoHundredRequestsFromSixteenClientsBalance() throws Exception {
    var tenant = Tenant.create("1000");
    var model = Tenant.model();
    var all = inParallel(CLIENTS, i -> ask(tenant.api(), model, i), REQUESTS);
    var admitted = all.stream().filter(seen -> seen.status == 200).toList();
    assertTrue(admitted.stream().filter(Seen::isFinished).count() > 100, all.toString());
    assertTrue(admitted.stream().anyMatch(seen -> !seen.isFinished()), "no stream was cut off");
    assertTrue(all.stream().filter(seen -> seen.status == 400).count() >= 20, all.toString());

    var spent = BigDecimal.ZERO;
    for (var seen : admitted) {
      var request = awaitEnd(tenant.api(), seen.id);
      var billed = request.path("completion_tokens").asInt();
      assertTrue(billed >= seen.received, seen + " " + request);
      if (seen.isFinished()) {
        assertEquals("finished", request.path("state").asText());
        assertEquals(seen.usage, billed, () -> seen + " " + request);
      }
      spent = spent.add(new BigDecimal(request.path("cost").asText()));
    }
    assertLedger(tenant, admitted.size(), new BigDecimal("1000").subtract(spent));
  }

  private static void assertLedger(Tenant tenant, int records, BigDecimal left)
      throws SQLException {
    assertEquals(0, tenant.held().signum());
    assertEquals(0, left.compareTo(tenant.available()));
    assertEquals(
        records,
        Ledger.count("select count(*) from usage_record where tenant_id = ?::uuid", tenant.id()));
    assertEquals(
        0,
        Ledger.count(
            "select count(*) from hold where tenant_id = ?::uuid and state = 'HELD'", tenant.id()));
    assertEquals(0, Ledger.decimal("select sum(amount) from posting").signum());
    var report = Ledger.verify();
    assertTrue(report.ok(), report.toString());
    assertEquals(0, report.imbalance().signum());
  }

  /** Every seventh is refused; of the others every fifth is cut off. */
  private static Seen ask(Api api, String model, int i) {
    if (i % 7 == 3) {
      var refused = api.post("/v1/chat/completions", body(model, i, "\"max_tokens\":-1"));
      return new Seen(refused.header("x-request-id"), refused.status(), 0, -1);
    }
    return read(
        api,
        body(model, i, "\"max_tokens\":" + (i % 5 == 0 ? 200 : 4 + i % 13)),
        i % 5 == 0 ? CUT_AFTER_CHUNKS : Integer.MAX_VALUE);
  }

  private static Seen read(Api api, String body, int chunksMax) {
    var response = api.stream("/v1/chat/completions", body);
    var id = response.headers().firstValue("x-request-id").orElseThrow();
    var received = 0;
    var usage = -1;
    var chunks = 0;
    try (var lines = response.body()) {
      var each = lines.iterator();
      while (chunks < chunksMax && each.hasNext()) {
        var line = each.next();
        if (!line.startsWith("data: {")) {
          continue;
        }
        var chunk = parse(line.substring(6));
        var scores = chunk.path("choices").path(0).path("logprobs").path("content").size();
        received += scores;
        chunks += scores > 0 ? 1 : 0;
        if (chunk.path("usage").isObject()) {
          usage = chunk.path("usage").path("completion_tokens").asInt();
        }
      }
    }
    return new Seen(id, response.statusCode(), received, usage);
  }

  private static JsonNode awaitEnd(Api api, String id) throws InterruptedException {
    var until = Instant.now().plus(SETTLED_WITHIN);
    while (true) {
      var request = api.get("/v1/millrace/requests/" + id).json();
      var state = request.path("state").asText();
      var settled = !request.path("cost").isNull() && !request.path("cost").isMissingNode();
      if (settled && !state.equals("running") && !state.equals("queued")) {
        return request;
      }
      assertTrue(Instant.now().isBefore(until), () -> "not settled: " + request);
      Thread.sleep(100);
    }
  }

  private static String body(String model, int i, String limit) {
    return """
    {"model":"%s","messages":[{"role":"user","content":"Tell me story number %d."}],
     "stream":true,"stream_options":{"include_usage":true},"logprobs":true,"seed":%d,%s}
    """
        .formatted(model, i, i, limit);
  }

  private static JsonNode parse(String json) {
    try {
      return Api.JSON.readTree(json);
    } catch (IOException e) {
      throw new UncheckedIOException(json, e);
    }
  }

  /** Something done for each number. */
  interface Ask<T> {
    T ask(int i) throws Exception;
  }

  static <T> List<T> inParallel(int threads, Ask<T> ask, int times)
      throws InterruptedException, ExecutionException {
    try (var clients = Executors.newFixedThreadPool(threads)) {
      var tasks = IntStream.range(0, times).<Callable<T>>mapToObj(i -> () -> ask.ask(i)).toList();
      var answers = new ArrayList<T>(times);
      for (Future<T> each : clients.invokeAll(tasks)) {
        answers.add(each.get());
      }
      return answers;
    }
  }
}

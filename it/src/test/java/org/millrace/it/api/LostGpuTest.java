package org.millrace.it.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.millrace.it.platform.Api;
import org.millrace.it.platform.Platform;

/**
 * A server of its own, whose three GPUs are a stand-in's: two models, each on the first GPU and on
 * one of the others. GPUs are lost in the middle of answers, one after the other.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(OrderAnnotation.class)
class LostGpuTest {
  private static final int CHUNKS_BEFORE_THE_LOSS = 5;
  private static final String ASKED =
      "{\"model\":\"%s\",\"messages\":[{\"role\":\"user\",\"content\":\"Tell me a long story.\"}],\"stream\":%s,\"logprobs\":true,\"temperature\":0,\"max_tokens\":24}";

  @SuppressWarnings("NullAway.Init")
  private Platform platform;

  @SuppressWarnings("NullAway.Init")
  private Api api;

  @SuppressWarnings("NullAway.Init")
  private Path orders;

  @BeforeAll
  void start() {
    var shared = Platform.shared();
    var driver = shared.root().resolve("gpu-kernels/target/emulation/driver");
    assumeTrue(Files.exists(driver.resolve("libcuda.so.1")), "skipped: no stand-in was built");
    orders = shared.target().resolve("stand-in-orders");
    platform =
        Platform.another(
            "gpu",
            Map.of(
                "LD_LIBRARY_PATH", driver.toString(),
                "MILLRACE_STAND_IN", "devices=3 orders=" + orders,
                "MILLRACE_ENGINE_DEVICE", "cuda:0; cuda",
                "MILLRACE_ENGINE_KV_CACHE_TOKENS", "1024",
                "MILLRACE_ENGINE_STEP_TOKENS", "64",
                "MILLRACE_ENGINE_STEP_SEQUENCES", "4"));
    var model = shared.root().resolve("demo-model/model/millrace-demo.Q8_0.gguf");
    platform.up(" --no-console --model first=%s --model second=%s".formatted(model, model));
    api = new Api(platform.url(), platform.demoKey());
  }

  @AfterAll
  void stop() {
    if (platform != null) {
      platform.down();
    }
  }

  /** Lets a GPU be lost with the next kernel that runs on it. */
  private void lose(int device) throws IOException {
    Path written = Files.writeString(Path.of(orders + ".new"), loss(device));
    Files.move(written, orders, StandardCopyOption.ATOMIC_MOVE);
  }

  private static String loss(int device) {
    return "fail_launch=1 fail_status=719 fail_device=" + device;
  }

  private static String asked(String model, boolean stream) {
    return ASKED.formatted(model, stream);
  }

  /** The lines that bring text, up to so many. */
  private static List<String> read(Iterator<String> lines, int count) {
    var texts = new ArrayList<String>();
    while (texts.size() < count && lines.hasNext()) {
      var line = lines.next();
      if (line.contains("\"logprob\"")) {
        texts.add(line);
      }
    }
    return texts;
  }

  private String metrics() {
    return new Api(platform.url(), null).get("/metrics").body();
  }

  private boolean isUp(String model, int replica) {
    return metrics()
        .lines()
        .filter(line ->
            line.contains("millrace_replica_up")
                && line.contains("model=\"%s\"".formatted(model))
                && line.contains("replica=\"%d\"".formatted(replica)))
        .anyMatch(line -> line.endsWith(" 1.0"));
  }

  private static String text(Api.Answer answer) {
    return answer.json().path("choices").path(0).path("message").path("content").asText();
  }

  @Test
  @Order(1)
  void aRequestGoesOnOnAnotherGpuAsIfNothingHadHappened() throws Exception {
    var expected = text(api.post("/v1/chat/completions", asked("first", false)));
    assertTrue(isUp("first", 0) && isUp("first", 1));
    var lines = api.stream("/v1/chat/completions", asked("first", true)).body().iterator();
    var texts = read(lines, CHUNKS_BEFORE_THE_LOSS);
    lose(0);
    texts.addAll(read(lines, Integer.MAX_VALUE));
    var said = new StringBuilder();
    for (var line : texts) {
      var chunk = Api.JSON.readTree(line.substring("data: ".length()));
      said.append(chunk.path("choices").path(0).path("delta").path("content").asText());
    }
    assertEquals(expected, said.toString());
    assertTrue(!isUp("first", 0) && isUp("first", 1));
  }

  @Test
  @Order(2)
  void theServerIsReadyAndNamesWhatIsLost() {
    var ready = api.get("/health/ready");
    assertEquals(200, ready.status(), ready.body());
    assertTrue(ready.body().contains("the device is lost"), ready.body());
    assertEquals(200, api.get("/health/live").status());
  }

  @Test
  @Order(3)
  void withoutAnotherGpuARequestEndsAndIsSettledAtWhatItGot() throws Exception {
    var before = balance("available");
    var response = api.stream("/v1/chat/completions", asked("first", true));
    var id = response.headers().firstValue("x-request-id").orElseThrow();
    var lines = response.body().iterator();
    var got = read(lines, CHUNKS_BEFORE_THE_LOSS).size();
    lose(1);
    var last = "";
    while (lines.hasNext()) {
      var line = lines.next();
      got += line.contains("\"logprob\"") ? 1 : 0;
      last = line.isBlank() ? last : line;
    }
    assertTrue(last.contains("model_unavailable"), last);
    var request = api.get("/v1/millrace/requests/" + id).json();
    assertEquals("failed", request.path("state").asText(), request.toString());
    assertTrue(request.path("completion_tokens").asInt() >= got, request.toString());
    assertTrue(request.path("completion_tokens").asInt() < 24, request.toString());
    var cost = new BigDecimal(request.path("cost").asText());
    assertTrue(cost.signum() > 0, request.toString());
    assertEquals(0, before.subtract(cost).compareTo(balance("available")));
    assertEquals(0, balance("held").signum());
  }

  private BigDecimal balance(String what) {
    return new BigDecimal(api.get("/v1/millrace/balance").json().path(what).asText());
  }

  @Test
  @Order(4)
  void theModelIsRefusedFromThenOnAndTheServerSaysWhy() {
    var refused = api.post("/v1/chat/completions", asked("first", false));
    assertEquals(503, refused.status(), refused.body());
    assertEquals("model_unavailable", refused.code());
    var ready = api.get("/health/ready");
    assertEquals(503, ready.status(), ready.body());
    assertTrue(ready.body().contains("model first: its device is lost"), ready.body());
    assertTrue(ready.body().contains("CUDA_ERROR_LAUNCH_FAILED"), ready.body());
    assertEquals(200, api.get("/health/live").status(), "there is nothing to restart it for");
    assertTrue(!isUp("first", 0) && !isUp("first", 1));
  }

  @Test
  @Order(5)
  void theOtherModelIsServedAllTheSame() {
    var answer = api.post("/v1/chat/completions", asked("second", false));
    assertEquals(200, answer.status(), answer.body());
    assertTrue(!text(answer).isBlank());
    assertTrue(isUp("second", 1));
  }

  @Test
  @Order(6)
  void theLedgerHasNoFault() {
    var report = platform.command("verify-ledger", Duration.ofMinutes(2));
    assertTrue(!report.isBlank(), report);
  }
}

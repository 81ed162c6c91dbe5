package org.millrace.serving.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.millrace.inference.api.EngineOptions;
import org.millrace.serving.simulation.Requests;

class ServingConfigTest {
  @Test
  void theDefaultsAreThese() {
    var expected =
        new ServingConfig(
            Path.of("millrace-data").toAbsolutePath(),
            List.of(),
            new ServingConfig.Engine(
                new EngineOptions(
                    EngineOptions.Kernels.AUTO,
                    Runtime.getRuntime().availableProcessors(),
                    0,
                    16_384,
                    512,
                    32),
                List.of("cpu"),
                0,
                3,
                Duration.ofSeconds(120)),
            new ServingConfig.Requests(4_096, 1_000_000, 32, 8, Duration.ofMinutes(30)),
            new ServingConfig.Queue(1_024, Duration.ofSeconds(120)),
            new ServingConfig.Streams(256, Duration.ofSeconds(60)),
            new ServingConfig.Meter(
                4_096, Duration.ofDays(1), 1_024, Duration.ofSeconds(10), Duration.ofSeconds(15)),
            new ServingConfig.History(Duration.ofMinutes(15), 10_000),
            Duration.ofSeconds(20),
            Optional.empty());
    assertEquals(expected, Requests.config(Map.of()));
  }

  @Test
  void theDemoTenantIsSetByItsKeyFile() {
    var demo =
        Requests.config(Map.of("millrace.demo.key-file", "/data/demo-api-key"))
            .demo()
            .orElseThrow();
    assertEquals(
        new ServingConfig.Demo(
            Path.of("/data/demo-api-key"),
            new BigDecimal("100.00"),
            "EUR",
            new BigDecimal("0.15"),
            new BigDecimal("0.075"),
            new BigDecimal("0.60")),
        demo);
  }

  @Test
  void modelsAreNamedOrPlainPaths() {
    var config =
        Requests.config(Map.of("millrace.models", "small=/m/a.gguf, /m/with=sign.gguf ,,b c.gguf"));
    assertEquals(
        List.of(
            new ModelSource(Optional.of("small"), Path.of("/m/a.gguf")),
            new ModelSource(Optional.empty(), Path.of("/m/with=sign.gguf")),
            new ModelSource(Optional.empty(), Path.of("b c.gguf"))),
        config.models());
  }

  @Test
  void severalDevicesAreSeparatedBySemicolonsAndTheGpusOfOneByCommas() {
    var engine =
        Requests.config(
                Map.of(
                    "millrace.engine.device", "cuda:0,1; cuda:2 ;cpu",
                    "millrace.engine.device-memory-percent", "50"))
            .engine();
    assertEquals(List.of("cuda:0,1", "cuda:2", "cpu"), engine.devices());
    assertEquals("cuda:0,1", engine.options().device());
    assertEquals(50, engine.options().deviceMemoryPercent());
    var fault =
        assertThrows(
            ConfigException.class, () -> Requests.config(Map.of("millrace.engine.device", ";")));
    assertTrue(String.valueOf(fault.getMessage()).contains("separated by semicolons"));
  }

  @Test
  void allFaultsAreReportedTogetherWithValueAndLimit() {
    var fault =
        assertThrows(
            ConfigException.class,
            () ->
                Requests.config(
                    Map.of(
                        "millrace.queue.requests-max", "0",
                        "millrace.engine.kernels", "magic",
                        "millrace.engine.step-tokens", "many",
                        "millrace.engine.cpus", "1-",
                        "millrace.demo.credit", "-1",
                        "millrace.models", "a=x.gguf,a=y.gguf")));
    String message = String.valueOf(fault.getMessage());
    for (String part :
        List.of(
            "millrace.queue.requests-max is '0'; it must be a whole number from 1 to 100000",
            "millrace.engine.kernels is 'magic'; it must be one of [AUTO, SCALAR, VECTOR, NATIVE]",
            "millrace.engine.step-tokens is 'many'",
            "millrace.engine.cpus is '1-'; it must be a list of processors",
            "millrace.demo.credit is '-1'",
            "millrace.models names 'a' twice")) {
      assertTrue(message.contains(part), message);
    }
  }

  @Test
  void anEngineHasAThreadForEachProcessorThatIsNamed() {
    var options = Requests.config(Map.of("millrace.engine.cpus", "4-6,9")).engine().options();
    assertEquals(4, options.threads());
    assertEquals(List.of(4, 5, 6, 9), options.cpus().cpus());
  }

  @Test
  void valuesThatDoNotFitTogetherAreRefused() {
    var fault =
        assertThrows(
            ConfigException.class,
            () ->
                Requests.config(
                    Map.of(
                        "millrace.engine.step-tokens", "32",
                        "millrace.meter.hold-seconds", "1805")));
    String message = String.valueOf(fault.getMessage());
    assertTrue(message.contains("step-tokens is 32; it must be more than"), message);
    assertTrue(message.contains("hold-seconds is 1805; it must be more than"), message);
  }
}

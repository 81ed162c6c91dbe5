package org.millrace.serving.config;

import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import org.millrace.inference.api.CpuList;
import org.millrace.inference.api.EngineOptions;

/**
 * Everything an operator may set about serving. Sizes and times are bounds: over one of them a
 * caller gets an error that names it.
 *
 * @param dataDir where the journal of open requests lives; one directory per running server
 * @param models what to load, in this order
 * @param shutdownGrace how long running requests may go on after a stop was asked for
 * @param demo set where a demo tenant is to be created
 */
public record ServingConfig(
    Path dataDir,
    List<ModelSource> models,
    Engine engine,
    Requests requests,
    Queue queue,
    Streams streams,
    Meter meter,
    History history,
    Duration shutdownGrace,
    Optional<Demo> demo) {

  /**
   * @param devices each of which runs every model; {@code options} names the first
   * @param guessesMax most tokens to guess ahead for a sequence in one step; 0 for none
   * @param failuresMax steps in a row that may fail before the replica is given up
   * @param stallTimeout how long work may stand still before the server reports itself as not live
   */
  public record Engine(
      EngineOptions options,
      List<String> devices,
      int guessesMax,
      int failuresMax,
      Duration stallTimeout) {}

  /**
   * @param completionTokensMax most tokens of one choice
   * @param promptCharactersMax longest prompt that is tokenised at all
   * @param promptsMax prompts of one request
   * @param choicesMax completions per prompt
   * @param runTimeMax from admission to the last token; keeps every request within its hold
   */
  public record Requests(
      int completionTokensMax,
      int promptCharactersMax,
      int promptsMax,
      int choicesMax,
      Duration runTimeMax) {}

  /** How many requests wait on this server, and for how long. */
  public record Queue(int requestsMax, Duration waitMax) {}

  /**
   * @param eventsMax events a stream keeps for its reader
   * @param stallTimeout how long a full stream may stand still before its request is ended
   */
  public record Streams(int eventsMax, Duration stallTimeout) {}

  /**
   * @param journalSlots open requests, those waiting to be settled included
   * @param holdTimeout after which a hold expires by itself; longer than any outage that is to be
   *     survived
   * @param backlogMax requests waiting to be settled before no more are admitted
   * @param settleWait how long a stream waits for its settlement before it ends with an error
   * @param settleRetryMax longest pause between two attempts to settle
   */
  public record Meter(
      int journalSlots,
      Duration holdTimeout,
      int backlogMax,
      Duration settleWait,
      Duration settleRetryMax) {}

  /** How long, and how many, ended requests are remembered for the status views. */
  public record History(Duration keep, int requestsMax) {}

  /**
   * A tenant to try the server with.
   *
   * @param keyFile where its API key is written
   * @param credit prepaid, once
   * @param input price per million tokens, for served models that have none
   */
  public record Demo(
      Path keyFile,
      BigDecimal credit,
      String currency,
      BigDecimal input,
      BigDecimal cachedInput,
      BigDecimal output) {}

  /**
   * Reads all keys.
   *
   * @param source the value of a key, where it is set
   * @throws ConfigException naming every value that cannot be used
   */
  public static ServingConfig read(Function<String, Optional<String>> source) {
    var reader = new ConfigReader(source);
    var config =
        new ServingConfig(
            reader.path("millrace.data-dir").orElse(Path.of("millrace-data")).toAbsolutePath(),
            ModelSource.parse(reader),
            engine(reader),
            requests(reader),
            new Queue(
                reader.integer("millrace.queue.requests-max", 1_024, 1, 100_000),
                reader.seconds("millrace.queue.seconds-max", 120, 1, 86_400)),
            new Streams(
                reader.integer("millrace.stream.events-max", 256, 4, 65_536),
                reader.seconds("millrace.stream.stall-seconds", 60, 1, 3_600)),
            meter(reader),
            new History(
                Duration.ofMinutes(reader.integer("millrace.history.minutes", 15, 1, 1_440)),
                reader.integer("millrace.history.requests-max", 10_000, 1, 1_000_000)),
            reader.seconds("millrace.shutdown.grace-seconds", 20, 0, 3_600),
            demo(reader));
    config.checkTogether(reader);
    reader.throwIfAny();
    return config;
  }

  private static Engine engine(ConfigReader reader) {
    List<String> devices = devices(reader);
    CpuList cpus = cpus(reader);
    var options =
        new EngineOptions(
            reader.oneOf(
                "millrace.engine.kernels", EngineOptions.Kernels.class, EngineOptions.Kernels.AUTO),
            threads(reader, cpus),
            reader.integer("millrace.engine.context-tokens", 0, 0, 16_777_216),
            reader.integer("millrace.engine.kv-cache-tokens", 16_384, 16, 1_000_000_000),
            reader.integer("millrace.engine.step-tokens", 512, 2, 1_000_000),
            reader.integer("millrace.engine.step-sequences", 32, 1, 65_536),
            reader.integer(
                "millrace.engine.prefix-cache-percent", EngineOptions.PREFIX_CACHE_PERCENT, 0, 100),
            reader.oneOf(
                "millrace.engine.kv-type", EngineOptions.KvType.class, EngineOptions.KvType.AUTO),
            devices.getFirst(),
            reader.integer(
                "millrace.engine.device-memory-percent",
                EngineOptions.DEVICE_MEMORY_PERCENT,
                1,
                100),
            cpus);
    return new Engine(
        options,
        devices,
        reader.integer("millrace.engine.speculate-tokens", 0, 0, 64),
        reader.integer("millrace.engine.failures-max", 3, 1, 1_000),
        reader.seconds("millrace.engine.stall-seconds", 120, 1, 86_400));
  }

  /** Separated by semicolons, because commas stand between the GPUs that share one replica. */
  private static List<String> devices(ConfigReader reader) {
    String text = reader.text("millrace.engine.device").orElse(EngineOptions.DEVICE);
    List<String> devices =
        Stream.of(text.split(";")).map(String::strip).filter(one -> !one.isEmpty()).toList();
    if (devices.isEmpty()) {
      reader.problem(
          "millrace.engine.device", text, "a device, or several separated by semicolons");
      return List.of(EngineOptions.DEVICE);
    }
    return devices;
  }

  /** 0, the default, takes every core, or every one that is named. */
  private static int threads(ConfigReader reader, CpuList cpus) {
    int threads = reader.integer("millrace.engine.threads", 0, 0, 4_096);
    int all =
        cpus.cpus().isEmpty() ? Runtime.getRuntime().availableProcessors() : cpus.cpus().size();
    return threads == 0 ? all : threads;
  }

  private static CpuList cpus(ConfigReader reader) {
    String key = "millrace.engine.cpus";
    String value = reader.text(key).orElse("");
    try {
      return CpuList.parse(value);
    } catch (IllegalArgumentException malformed) {
      reader.problem(key, value, "a list of processors, none twice, such as 0-3,8");
      return CpuList.NONE;
    }
  }

  private static Requests requests(ConfigReader reader) {
    return new Requests(
        reader.integer("millrace.request.completion-tokens-max", 4_096, 1, 16_777_216),
        reader.integer("millrace.request.prompt-characters-max", 1_000_000, 1, 100_000_000),
        reader.integer("millrace.request.prompts-max", 32, 1, 2_048),
        reader.integer("millrace.request.choices-max", 8, 1, 128),
        reader.seconds("millrace.request.seconds-max", 1_800, 1, 86_400));
  }

  private static Meter meter(ConfigReader reader) {
    return new Meter(
        reader.integer("millrace.meter.journal-slots", 4_096, 1, 1_000_000),
        reader.seconds("millrace.meter.hold-seconds", 86_400, 60, 2_592_000),
        reader.integer("millrace.meter.backlog-max", 1_024, 1, 1_000_000),
        reader.seconds("millrace.meter.settle-wait-seconds", 10, 1, 600),
        reader.seconds("millrace.meter.settle-retry-seconds-max", 15, 1, 3_600));
  }

  private static Optional<Demo> demo(ConfigReader reader) {
    Optional<Path> keyFile = reader.path("millrace.demo.key-file");
    var credit = reader.amount("millrace.demo.credit", "100.00");
    String currency =
        reader.matching(
            "millrace.demo.currency", "EUR", c -> c.matches("[A-Z]{3}"), "an ISO 4217 code");
    var input = reader.amount("millrace.demo.price-input", "0.15");
    var cachedInput = reader.amount("millrace.demo.price-cached-input", "0.075");
    var output = reader.amount("millrace.demo.price-output", "0.60");
    return keyFile.map(file -> new Demo(file, credit, currency, input, cachedInput, output));
  }

  private void checkTogether(ConfigReader reader) {
    var options = engine.options();
    // A step gives every running sequence its token first; a prompt must still find room beside
    // them.
    reader.require(
        options.stepTokensMax() > options.stepSequencesMax(),
        "millrace.engine.step-tokens is %d; it must be more than millrace.engine.step-sequences, which is %d"
            .formatted(options.stepTokensMax(), options.stepSequencesMax()));
    // What outlives its hold could no longer be billed.
    reader.require(
        meter.holdTimeout().compareTo(requests.runTimeMax().plus(meter.settleWait())) > 0,
        "millrace.meter.hold-seconds is %d; it must be more than millrace.request.seconds-max and millrace.meter.settle-wait-seconds together, which are %d"
            .formatted(
                meter.holdTimeout().toSeconds(),
                requests.runTimeMax().plus(meter.settleWait()).toSeconds()));
  }
}

package org.millrace.bench;

import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.millrace.billing.api.Holds;
import org.millrace.billing.api.Money;
import org.millrace.inference.api.BlockTable;
import org.millrace.inference.api.ChatEncoder;
import org.millrace.inference.api.Constraints;
import org.millrace.inference.api.DeviceInfo;
import org.millrace.inference.api.Engine;
import org.millrace.inference.api.EngineOptions;
import org.millrace.inference.api.Engines;
import org.millrace.inference.api.KvBlocks;
import org.millrace.inference.api.ModelInfo;
import org.millrace.inference.api.SampledToken;
import org.millrace.inference.api.Sampler;
import org.millrace.inference.api.SamplingParams;
import org.millrace.inference.api.StepPlan;
import org.millrace.inference.api.StepResult;
import org.millrace.inference.api.Tokenizer;
import org.millrace.serving.api.CompletionEvent;
import org.millrace.serving.api.CompletionRequest;
import org.millrace.serving.batch.Replica;
import org.millrace.serving.config.ServingConfig;
import org.millrace.serving.node.ServingNode;
import org.millrace.tenancy.api.Caller;
import org.millrace.tenancy.api.Limits;

/**
 * What admission, planning, metering and the handing over of events cost: the same requests through
 * a serving node with a ledger in memory, and through the engine alone. {@code ServingLoopBench
 * MODEL CLIENTS PROMPT_TOKENS GENERATED ROUNDS}.
 */
public final class ServingLoopBench {
  private static final int STEP_TOKENS = 512;

  private final int clients;
  private final int promptTokens;
  private final int generated;
  private final int rounds;
  private final SplittableRandom random = new SplittableRandom(7);

  private ServingLoopBench(String[] args) {
    clients = Integer.parseInt(args[1]);
    promptTokens = Integer.parseInt(args[2]);
    generated = Integer.parseInt(args[3]);
    rounds = Integer.parseInt(args[4]);
  }

  public static void main(String[] args) throws IOException, InterruptedException {
    var bench = new ServingLoopBench(args);
    int room = bench.clients * (bench.promptTokens + bench.generated + 64);
    var options =
        new EngineOptions(
            EngineOptions.Kernels.AUTO,
            Runtime.getRuntime().availableProcessors(),
            0,
            room,
            STEP_TOKENS,
            bench.clients);
    try (Engine engine = Engines.load(Path.of(args[0]), options)) {
      System.out.println(engine.device());
      bench.alone(engine, 1);
      for (int i = 0; i < 2; i++) {
        System.out.printf("engine alone %.2f tokens/s%n", bench.alone(engine, bench.rounds));
        System.out.printf("serving      %.2f tokens/s%n", bench.serving(engine, args[0], room));
      }
    }
  }

  private int[] prompt(Engine engine) {
    return random.ints(promptTokens, 0, engine.model().vocabularySize()).toArray();
  }

  /** A client's sequence; a new one begins when it has all its tokens. */
  private final class Slot {
    private final Engine engine;
    private final BlockTable blocks = new BlockTable();
    private int[] tokens = new int[0];
    private Sampler sampler;
    private int known;
    private int computed;
    private int left;

    Slot(Engine engine, int rounds) {
      this.engine = engine;
      this.left = rounds;
      this.sampler = engine.sampler(SamplingParams.greedy(), tokens);
      begin();
    }

    private void begin() {
      int[] prompt = prompt(engine);
      tokens = Arrays.copyOf(prompt, promptTokens + generated);
      sampler = engine.sampler(SamplingParams.greedy(), prompt);
      known = promptTokens;
      computed = 0;
      if (!engine.blocks().reserve(blocks, tokens.length)) {
        throw new IllegalStateException("the cache has no room");
      }
    }

    StepPlan.Slice slice(int most) {
      int count = Math.min(known - computed, most);
      boolean last = computed + count == known;
      return new StepPlan.Slice(tokens, computed, count, blocks, last ? sampler : null);
    }

    /** Returns whether it goes on. */
    boolean apply(int count, List<SampledToken> drawn) {
      computed += count;
      if (!drawn.isEmpty()) {
        tokens[known++] = drawn.getFirst().token();
      }
      if (known < tokens.length) {
        return true;
      }
      engine.blocks().release(blocks);
      if (--left == 0) {
        return false;
      }
      begin();
      return true;
    }
  }

  private double alone(Engine engine, int ofRounds) {
    var slots = new ArrayList<Slot>();
    for (int i = 0; i < clients; i++) {
      slots.add(new Slot(engine, ofRounds));
    }
    long start = System.nanoTime();
    while (!slots.isEmpty()) {
      var slices = new ArrayList<StepPlan.Slice>();
      int left = STEP_TOKENS;
      for (Slot slot : slots) {
        if (left > 0) {
          slices.add(slot.slice(left));
          left -= slices.getLast().count();
        }
      }
      var drawn = engine.run(new StepPlan(slices)).drawn();
      for (int i = slices.size() - 1; i >= 0; i--) {
        if (!slots.get(i).apply(slices.get(i).count(), drawn.get(i))) {
          slots.remove(i);
        }
      }
    }
    return (double) clients * ofRounds * generated / ((System.nanoTime() - start) / 1e9);
  }

  private double serving(Engine engine, String model, int room)
      throws IOException, InterruptedException {
    Path data = Files.createTempDirectory("serving-loop");
    var values =
        Map.of(
            "millrace.data-dir", data.toString(),
            "millrace.models", "bench=" + model,
            "millrace.engine.kv-cache-tokens", Integer.toString(room),
            "millrace.engine.step-sequences", Integer.toString(clients));
    var config = ServingConfig.read(key -> Optional.ofNullable(values.get(key)));
    var node =
        new ServingNode(
            config,
            new FreeHolds(),
            (_, _, _) -> new Borrowed(engine),
            InstantSource.system(),
            () -> 1);
    Replica replica = node.load(config.models().getFirst()).getFirst();
    node.open();
    var threads = List.of(new Thread(replica::runLoop), new Thread(node::settleLoop));
    threads.forEach(Thread::start);
    var tokens = new AtomicInteger();
    var readers = new ArrayList<Thread>();
    long start = System.nanoTime();
    for (int i = 0; i < clients; i++) {
      var prompts = new ArrayList<int[]>();
      for (int round = 0; round < rounds; round++) {
        prompts.add(prompt(engine));
      }
      readers.add(new Thread(() -> prompts.forEach(p -> tokens.addAndGet(complete(node, p)))));
    }
    readers.forEach(Thread::start);
    for (Thread reader : readers) {
      reader.join();
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    threads.forEach(Thread::interrupt);
    for (Thread thread : threads) {
      thread.join();
    }
    node.close();
    Files.deleteIfExists(data.resolve("open-requests.journal"));
    Files.deleteIfExists(data);
    return tokens.get() / seconds;
  }

  private int complete(ServingNode node, int[] prompt) {
    var request =
        new CompletionRequest(
            UUID.randomUUID().toString(),
            "bench",
            List.of(new CompletionRequest.Tokens(Arrays.stream(prompt).boxed().toList())),
            1,
            generated,
            List.of(),
            new CompletionRequest.Sampling(
                0f, null, null, null, null, null, null, 1L, Map.of(), false, 0));
    var caller =
        new Caller(
            new UUID(0, 1),
            "bench",
            new UUID(0, 2),
            new UUID(0, 3),
            new Limits(1_000_000, 100_000_000, 64, 64));
    try (var stream = node.completions().submit(caller, request)) {
      while (true) {
        switch (stream.next(Duration.ofSeconds(60))) {
          case CompletionEvent.Completed done -> {
            return done.usage().completionTokens();
          }
          case CompletionEvent.Failed failed -> throw new IllegalStateException(failed.message());
          case null, default -> {
            // A reader takes each event as it comes.
          }
        }
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The same engine for every node; a node that is closed leaves it open. */
  private record Borrowed(Engine engine) implements Engine {
    @Override
    public ModelInfo model() {
      return engine.model();
    }

    @Override
    public DeviceInfo device() {
      return engine.device();
    }

    @Override
    public Tokenizer tokenizer() {
      return engine.tokenizer();
    }

    @Override
    public ChatEncoder chat() {
      return engine.chat();
    }

    @Override
    public Constraints constraints() {
      return engine.constraints();
    }

    @Override
    public KvBlocks blocks() {
      return engine.blocks();
    }

    @Override
    public Sampler sampler(SamplingParams params, int[] promptTokens) {
      return engine.sampler(params, promptTokens);
    }

    @Override
    public StepResult run(StepPlan plan) {
      return engine.run(plan);
    }

    @Override
    public void close() {}
  }

  /** A ledger that says yes and keeps nothing. */
  private static final class FreeHolds implements Holds {
    private static final Money NOTHING = new Money(BigDecimal.ZERO, "EUR");

    @Override
    public Hold place(HoldRequest request) {
      return new Hold(
          new UUID(1, 1),
          request.requestId(),
          request.tenantId(),
          request.model(),
          NOTHING,
          Instant.now().plus(request.timeout()));
    }

    @Override
    public Settlement settle(String requestId, Completion completion) {
      return new Settlement(new UUID(1, 1), new UUID(1, 2), NOTHING, NOTHING);
    }

    @Override
    public void release(String requestId, long claim) {}

    @Override
    public int expireOverdue() {
      return 0;
    }

    @Override
    public List<Hold> open(int limit) {
      return List.of();
    }
  }
}

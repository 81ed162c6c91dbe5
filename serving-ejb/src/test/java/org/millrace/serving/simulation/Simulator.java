package org.millrace.serving.simulation;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.millrace.serving.api.CompletionEvent.Completed;
import org.millrace.serving.api.CompletionRequest;
import org.millrace.serving.api.ServingException;
import org.millrace.serving.batch.Replica;
import org.millrace.serving.simulation.FakeHolds.Weather;
import org.millrace.tenancy.api.Limits;

/**
 * One seed's life of a server: clients come, read slowly, go away; steps and samplers fail; devices
 * are lost, with a second replica to go on or without; the ledger is away or loses its answers; the
 * process is killed and started again with nothing but its journal and the ledger. After every
 * action the invariants are looked at. One thread, virtual time: a seed replays.
 */
final class Simulator {
  private static final int TENANTS = 3;
  private static final Limits LIMITS = new Limits(400, 20_000, 12, 6);

  private static final List<String> BEGINNINGS =
      List.of("p", "You are a helpful sim", "You are a helpful but terse one", "q".repeat(24));

  private final Random random;
  private final ManualClock clock = new ManualClock();
  private final FakeHolds holds = new FakeHolds(clock);
  private final Map<String, String> config;
  private final List<Client> clients = new ArrayList<>();
  // Those to whom nothing can happen any more; looked at once more at the end.
  private final List<Client> done = new ArrayList<>();
  // Draws of engines that are gone, by seed.
  private final Map<Long, Integer> drawnBefore = new HashMap<>();
  private TestNode server;
  private long nextSeed = 1_000;
  private int refused;
  private int crashes;
  private long adoptedBefore;
  private long preemptionsBefore;
  private int lost;
  private int finished;

  Simulator(long seed, Path dataDir) {
    random = new Random(seed);
    config = TestNode.smallBounds(dataDir);
    config.put("millrace.engine.failures-max", "1000");
    // From the least that a request may need to what is rarely full, with and without reuse.
    config.put("millrace.engine.kv-cache-tokens", "" + (96 + 16 * random.nextInt(5)));
    config.put("millrace.engine.prefix-cache-percent", "" + 25 * random.nextInt(5));
    config.put("millrace.engine.speculate-tokens", "" + 3 * random.nextInt(3));
    config.put("millrace.engine.device", random.nextBoolean() ? "cpu" : "cpu; cpu");
    for (int tenant = 1; tenant <= TENANTS; tenant++) {
      // The last one is poor: budgets must be met too.
      holds.grant(Requests.caller(tenant, LIMITS).tenantId(), tenant == TENANTS ? 400 : 1_000_000);
    }
    server = start();
  }

  private TestNode start() {
    var started = new TestNode(config, clock, holds);
    started.node().open();
    return started;
  }

  void run(int actions) {
    for (int i = 0; i < actions; i++) {
      act();
      check();
      retire();
    }
    quiesce();
    clients.addAll(done);
    check();
    checkAtRest();
    countReplicas();
    server.close();
  }

  private void retire() {
    for (int i = clients.size() - 1; i >= 0; i--) {
      Client client = clients.get(i);
      if (client.isDone() && holds.bill(client.request().requestId()).isPresent()) {
        done.add(clients.remove(i));
      }
    }
  }

  private void act() {
    int choice = random.nextInt(100);
    if (choice < 14) {
      submit();
    } else if (choice < 60) {
      server.replicas().get(random.nextInt(server.replicas().size())).step();
    } else if (choice < 72) {
      server.node().settler().step();
    } else if (choice < 88) {
      anyClient().ifPresent(client -> client.read(1 + random.nextInt(12)));
    } else {
      upset();
    }
    clock.advance(Duration.ofMillis(random.nextInt(20)));
  }

  private void upset() {
    switch (random.nextInt(13)) {
      case 0, 1 -> anyClient().ifPresent(Client::cancel);
      case 2 -> anyEngine().failNextSteps(1);
      case 3 -> anyEngine().breakOneSampler(random.nextInt(4), random.nextBoolean());
      case 4 -> holds.weather(Weather.AWAY);
      case 5 -> holds.weather(Weather.ANSWER_LOST);
      case 6, 7, 8 -> holds.weather(Weather.FINE);
      case 9 -> clock.advance(Duration.ofSeconds(random.nextInt(30)));
      case 10 -> holds.expireOverdue();
      case 11 -> anyEngine().loseDevice(random.nextInt(4));
      default -> crash();
    }
  }

  private ScriptedEngine anyEngine() {
    return server.engines().get(random.nextInt(server.engines().size()));
  }

  private Optional<Client> anyClient() {
    return clients.isEmpty()
        ? Optional.empty()
        : Optional.of(clients.get(random.nextInt(clients.size())));
  }

  private void submit() {
    var request = request();
    try {
      var stream = server.submit(Requests.caller(1 + random.nextInt(TENANTS), LIMITS), request);
      clients.add(new Client(request, stream));
    } catch (ServingException refusal) {
      refused++;
    }
  }

  private CompletionRequest request() {
    var prompts = new ArrayList<CompletionRequest.Prompt>();
    for (int i = random.nextInt(10) == 0 ? 2 : 1; i > 0; i--) {
      prompts.add(new CompletionRequest.Text(prompt()));
    }
    nextSeed += 100;
    @Nullable Integer maxTokens = random.nextInt(6) == 0 ? null : 1 + random.nextInt(40);
    List<String> stop = random.nextInt(4) == 0 ? List.of("e", "qu") : List.of();
    return new CompletionRequest(
        "sim-" + nextSeed,
        Requests.MODEL,
        prompts,
        random.nextInt(5) == 0 ? 3 : 1,
        maxTokens,
        stop,
        Requests.sampling(nextSeed));
  }

  /** All tenants begin with the same few texts, so that a hit across tenants would happen soon. */
  private String prompt() {
    String beginning = BEGINNINGS.get(random.nextInt(BEGINNINGS.size()));
    return beginning + "p".repeat(random.nextInt(2) * (1 + random.nextInt(25)));
  }

  /** The process is killed: nothing is left but journal and ledger. */
  private void crash() {
    crashes++;
    countReplicas();
    clients.forEach(this::rememberDraws);
    done.forEach(this::rememberDraws);
    server.close();
    server = start();
  }

  private void rememberDraws(Client client) {
    for (int choice = 0; choice < 6; choice++) {
      long seed = client.seed() + choice;
      drawnBefore.merge(seed, drawn(seed), Integer::sum);
    }
  }

  private int drawn(Client client) {
    int sum = 0;
    for (int choice = 0; choice < 6; choice++) {
      long seed = client.seed() + choice;
      sum += drawnBefore.getOrDefault(seed, 0) + drawn(seed);
    }
    return sum;
  }

  private int drawn(long seed) {
    return server.engines().stream().mapToInt(engine -> engine.drawn(seed)).sum();
  }

  /** What is asked at the end, of replicas that will be gone then. */
  private void countReplicas() {
    for (int i = 0; i < server.replicas().size(); i++) {
      adoptedBefore += server.engines().get(i).blocks().adoptedTokens();
      preemptionsBefore += server.replicas().get(i).gauges().preemptions();
      lost += server.replicas().get(i).failed() == null ? 0 : 1;
    }
  }

  /** Everything heals and comes to its end. */
  private void quiesce() {
    holds.weather(Weather.FINE);
    for (int i = 0; i < 20_000; i++) {
      boolean ran = server.step();
      boolean settled = server.node().settler().step();
      clients.forEach(client -> client.read(100));
      clock.advance(Duration.ofMillis(20));
      check();
      if (!ran
          && !settled
          && server.node().settler().backlog() == 0
          && server.replicas().stream().noneMatch(Replica::hasWork)) {
        return;
      }
    }
    throw new AssertionError("the server does not come to rest");
  }

  private void check() {
    holds.check();
    require(holds.faults().isEmpty(), "ledger: " + holds.faults());
    for (ScriptedEngine engine : server.engines()) {
      engine.blocks().check();
      require(engine.faults().isEmpty(), "engine: " + engine.faults());
    }
    for (Client client : clients) {
      checkTokens(client);
    }
    var journal = server.node().journal();
    require(
        holds.openCount() <= journal.slotsTaken(),
        holds.openCount() + " open holds, " + journal.slotsTaken() + " journal slots");
  }

  private void checkTokens(Client client) {
    String id = client.request().requestId();
    var bill = holds.bill(id);
    if (bill.isPresent()) {
      long billed = bill.get().usage().outputTokens();
      require(
          client.deliveredTokens() <= billed,
          id + ": delivered " + client.deliveredTokens() + ", billed " + billed);
      require(billed <= drawn(client), id + ": billed " + billed + ", drawn " + drawn(client));
    } else if (!holds.isOpen(id)) {
      require(client.deliveredTokens() == 0, id + ": delivered and not billed");
    }
  }

  private void checkAtRest() {
    require(holds.openCount() == 0, holds.openCount() + " holds are open");
    var node = server.node();
    require(node.journal().slotsTaken() == 0, node.journal().slotsTaken() + " slots are taken");
    for (ScriptedEngine engine : server.engines()) {
      var blocks = engine.blocks();
      require(
          blocks.freeBlocks() == blocks.totalBlocks(),
          blocks.totalBlocks() - blocks.freeBlocks() + " blocks are lost");
    }
    require(node.status().snapshot().queuedRequests() == 0, "requests are counted as waiting");
    for (int tenant = 1; tenant <= TENANTS; tenant++) {
      var id = Requests.caller(tenant, LIMITS).tenantId();
      var queue = node.status().queue(id);
      require(queue.runningSequences() == 0 && queue.position() == 0, "left in queue: " + queue);
    }
    for (Client client : clients) {
      if (client.isDone() && client.events().getLast() instanceof Completed completed) {
        checkCompleted(client, completed);
      }
    }
  }

  private void checkCompleted(Client client, Completed completed) {
    if (client.isCancelled()) {
      return;
    }
    finished++;
    CompletionRequest request = client.request();
    var bill = holds.bill(request.requestId()).orElseThrow();
    require(
        completed.usage().completionTokens() == bill.usage().outputTokens(),
        request.requestId() + ": told " + completed.usage() + ", billed " + bill.usage());
    if (!request.stop().isEmpty()) {
      return;
    }
    require(
        client.deliveredTokens() == bill.usage().outputTokens(),
        request.requestId() + ": delivered " + client.deliveredTokens() + ", " + bill.usage());
    for (int choice = 0; choice < request.prompts().size() * request.choices(); choice++) {
      checkText(client, choice);
    }
  }

  /**
   * Whatever else was in the batch, and however often the sequence gave way: the text is what the
   * model says alone.
   */
  private void checkText(Client client, int choice) {
    CompletionRequest request = client.request();
    var prompt = (CompletionRequest.Text) request.prompts().get(choice / request.choices());
    var tokenizer = server.engine().tokenizer();
    int[] tokens = tokenizer.encode(prompt.text(), true, false);
    Integer maxTokens = request.maxTokens();
    int most = maxTokens == null ? 96 - tokens.length : maxTokens;
    int[] expected =
        ScriptedEngine.alone(tokens, client.seed() + choice, most).stream()
            .mapToInt(Integer::intValue)
            .toArray();
    String text = Requests.textOf(client.events(), choice);
    require(
        tokenizer.decode(expected, false).equals(text),
        request.requestId() + " choice " + choice + " says " + text);
  }

  private static void require(boolean holds, String fault) {
    if (!holds) {
      throw new AssertionError(fault);
    }
  }

  int finished() {
    return finished;
  }

  int refused() {
    return refused;
  }

  int crashes() {
    return crashes;
  }

  int admitted() {
    return clients.size();
  }

  long adoptedTokens() {
    return adoptedBefore;
  }

  long preemptions() {
    return preemptionsBefore;
  }

  int lost() {
    return lost;
  }
}

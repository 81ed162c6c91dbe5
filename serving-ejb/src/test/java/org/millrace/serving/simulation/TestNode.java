package org.millrace.serving.simulation;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.millrace.inference.api.EngineOptions;
import org.millrace.inference.api.ModelLoadException;
import org.millrace.serving.api.CompletionEvent;
import org.millrace.serving.api.CompletionRequest;
import org.millrace.serving.api.CompletionStream;
import org.millrace.serving.batch.Replica;
import org.millrace.serving.node.ServingNode;
import org.millrace.tenancy.api.Caller;

/**
 * A whole node without a thread, over a scripted engine, a ledger in memory and a clock that is
 * moved by hand.
 */
public final class TestNode implements AutoCloseable {
  // Held, because the logging system keeps only weak references. Injected failures are expected by
  // the thousand.
  private static final Logger QUIET = Logger.getLogger("org.millrace.serving");

  static {
    QUIET.setLevel(Level.OFF);
  }

  private final ManualClock clock;
  private final FakeHolds holds;
  private final List<ScriptedEngine> engines = new ArrayList<>();
  private final ServingNode node;
  private final List<Replica> replicas;
  private boolean filesBroken;

  /** Small bounds, so that tests reach them. */
  public static Map<String, String> smallBounds(Path dataDir) {
    var values = new HashMap<String, String>();
    values.put("millrace.data-dir", dataDir.toString());
    values.put("millrace.models", "scripted.gguf");
    values.put("millrace.engine.kv-cache-tokens", "160");
    values.put("millrace.engine.step-tokens", "24");
    values.put("millrace.engine.step-sequences", "6");
    values.put("millrace.queue.requests-max", "8");
    values.put("millrace.stream.events-max", "8");
    values.put("millrace.meter.journal-slots", "32");
    values.put("millrace.meter.backlog-max", "16");
    return values;
  }

  public TestNode(Map<String, String> values, ManualClock clock, FakeHolds holds) {
    this.clock = clock;
    this.holds = holds;
    var config = Requests.config(values);
    node =
        new ServingNode(config, holds, (_, options, _) -> scripted(options), clock, () -> 4_711L);
    node.recover();
    replicas = node.load(config.models().getFirst());
  }

  /** Lets no file be loaded any more, or lets them again. */
  public void breakFiles(boolean broken) {
    filesBroken = broken;
  }

  private ScriptedEngine scripted(EngineOptions options) {
    if (filesBroken) {
      throw new ModelLoadException("scripted: the file is broken");
    }
    int blocks = options.kvCacheTokens() / 4;
    engines.add(
        new ScriptedEngine(
            96,
            4,
            blocks,
            blocks * options.prefixCachePercent() / 100,
            options.stepTokensMax(),
            options.stepSequencesMax()));
    return engines.getLast();
  }

  public static TestNode open(Path dataDir) {
    return open(smallBounds(dataDir));
  }

  public static TestNode open(Map<String, String> values) {
    var clock = new ManualClock();
    var holds = new FakeHolds(clock);
    holds.grant(Requests.caller().tenantId(), 1_000_000);
    var node = new TestNode(values, clock, holds);
    node.node().open();
    return node;
  }

  public ManualClock clock() {
    return clock;
  }

  public FakeHolds holds() {
    return holds;
  }

  /** That of the first replica. */
  public ScriptedEngine engine() {
    return engines.getFirst();
  }

  /** Of all replicas, in their order. */
  public List<ScriptedEngine> engines() {
    return engines;
  }

  public ServingNode node() {
    return node;
  }

  /** The first. */
  public Replica replica() {
    return replicas.getFirst();
  }

  public List<Replica> replicas() {
    return replicas;
  }

  /** A step of each replica. Returns whether there was something to run. */
  public boolean step() {
    boolean ran = false;
    for (Replica replica : node.replicas()) {
      ran |= replica.step();
    }
    return ran;
  }

  public CompletionStream submit(CompletionRequest request) {
    return submit(Requests.caller(), request);
  }

  public CompletionStream submit(Caller caller, CompletionRequest request) {
    return node.completions().submit(caller, request);
  }

  /** Steps the engine until it has nothing to run. */
  public void runEngine() {
    for (int i = 0; step(); i++) {
      clock.advance(Duration.ofMillis(10));
      if (i > 10_000) {
        throw new AssertionError("the engine does not come to an end");
      }
    }
  }

  /** Settles until nothing is due. */
  public void settle() {
    for (int i = 0; node.settler().step(); i++) {
      if (i > 10_000) {
        throw new AssertionError("the settler does not come to an end");
      }
    }
  }

  /** Runs and settles, with the reader taking everything as it comes. */
  public List<CompletionEvent> finish(CompletionStream stream) {
    var events = new ArrayList<CompletionEvent>();
    for (int i = 0; i < 10_000; i++) {
      step();
      settle();
      clock.advance(Duration.ofMillis(10));
      events.addAll(Requests.drain(stream));
      if (!events.isEmpty() && isLast(events.getLast())) {
        return events;
      }
    }
    throw new AssertionError("the stream does not come to an end: " + events);
  }

  public static boolean isLast(CompletionEvent event) {
    return event instanceof CompletionEvent.Completed || event instanceof CompletionEvent.Failed;
  }

  /** Lets go of the journal without ending anything, as a killed process does. */
  @Override
  public void close() {
    node.close();
  }
}

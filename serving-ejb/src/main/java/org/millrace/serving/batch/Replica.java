package org.millrace.serving.batch;

import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.millrace.inference.api.DeviceException;
import org.millrace.inference.api.Engine;
import org.millrace.inference.api.StepPlan;
import org.millrace.inference.api.StepResult;
import org.millrace.serving.api.ServingError;
import org.millrace.serving.queue.RequestQueue;
import org.millrace.serving.request.Failure;
import org.millrace.serving.request.Sequence;
import org.millrace.serving.request.ServedRequest;

/**
 * A model on its device, or its devices, with the queue before it. {@link #step} is the whole loop
 * body: plan, run, apply. One thread calls it; the other methods may be called by any thread and
 * never wait.
 */
public final class Replica {
  private static final System.Logger LOG = System.getLogger(Replica.class.getName());

  /**
   * @param model the served name
   * @param guessesMax most tokens to guess ahead for a sequence in one step; 0 for none
   * @param failuresMax steps in a row that may fail before the replica is given up
   * @param readerStallMillis how long a reader may leave its stream full
   */
  public record Settings(
      String model,
      int stepTokensMax,
      int stepSequencesMax,
      int guessesMax,
      int failuresMax,
      long readerStallMillis) {}

  private final Settings settings;
  private final Engine engine;
  private final RequestQueue queue;
  private final BatchPlanner planner;
  private final InstantSource clock;
  private final ReplicaGauges gauges;
  private final List<ServedRequest> running = new ArrayList<>();
  private int failuresInARow;
  private volatile Predicate<ServedRequest> refuge = _ -> false;
  private volatile @Nullable Thread thread;
  private volatile @Nullable String failed;
  private volatile @Nullable String retired;
  private volatile boolean cancelAll;
  private volatile boolean stopped;
  private volatile boolean ended;

  public Replica(Settings settings, Engine engine, RequestQueue queue, InstantSource clock) {
    this.settings = settings;
    this.engine = engine;
    this.queue = queue;
    this.clock = clock;
    this.planner =
        new BatchPlanner(
            engine,
            queue,
            settings.stepTokensMax(),
            settings.stepSequencesMax(),
            settings.guessesMax());
    this.gauges = new ReplicaGauges(clock.millis());
  }

  public String model() {
    return settings.model();
  }

  public Engine engine() {
    return engine;
  }

  /** Bytes of keys and values in one cache block. */
  public long blockBytes() {
    return engine.model().kvBytesPerToken() * engine.blocks().blockTokens();
  }

  public ReplicaGauges gauges() {
    return gauges;
  }

  /** Why the replica was given up; {@code null} while it serves. */
  public @Nullable String failed() {
    return failed;
  }

  /** Whether a thread runs the loop. */
  public boolean isLooping() {
    return thread != null;
  }

  /** Why nothing may be expected of the loop any more; empty while it is well. */
  public Optional<String> standstill(long nowMillis, Duration stallTimeout) {
    if (ended && !stopped) {
      return Optional.of("the loop of model %s has ended".formatted(model()));
    }
    long standsMillis = gauges.waitingForProgressMillis(nowMillis);
    return standsMillis > stallTimeout.toMillis()
        ? Optional.of(
            "model %s has not finished a step for %d s".formatted(model(), standsMillis / 1_000))
        : Optional.empty();
  }

  /** Sequences and requests that wait or run, as of the last step. */
  public int backlog() {
    return queue.size() + gauges.running() + gauges.waiting();
  }

  /**
   * @param otherReplica takes over a request when this replica is given up; answers whether it did.
   *     From then on the request is the other's
   */
  void onGivingUp(Predicate<ServedRequest> otherReplica) {
    refuge = otherReplica;
  }

  /** Hands a request over. */
  public void offer(ServedRequest request) {
    queue.offer(request);
    wake();
  }

  /** Makes a waiting loop look again. */
  public void wake() {
    Thread waiting = thread;
    if (waiting != null) {
      LockSupport.unpark(waiting);
    }
  }

  /** Ends everything that waits or runs at the next step, as if all readers had gone. */
  public void cancelAll() {
    cancelAll = true;
    wake();
  }

  /** Gives the replica up at the next step, and with it whatever waits or runs. */
  public void retire(String reason) {
    retired = reason;
    wake();
  }

  /** Whether it was asked to {@link #retire}. */
  boolean isRetired() {
    return retired != null;
  }

  /** Lets the loop end. */
  public void stop() {
    stopped = true;
    wake();
  }

  /** Steps until interrupted or stopped. */
  public void runLoop() {
    thread = Thread.currentThread();
    try {
      while (!Thread.currentThread().isInterrupted() && !stopped) {
        if (!stepSafely()) {
          // With work at hand only time or a reader changes anything; without, only a request does.
          LockSupport.parkNanos(this, hasWork() ? 5_000_000L : 500_000_000L);
        }
      }
    } finally {
      thread = null;
      ended = true;
    }
  }

  /**
   * A step whose own faults end this replica, and not the thread that has to answer everyone who
   * still waits.
   */
  private boolean stepSafely() {
    try {
      return step();
    } catch (RuntimeException | Error bug) {
      LOG.log(System.Logger.Level.ERROR, "the loop of model " + model() + " failed", bug);
      giveUp(lost(bug).orElse("the loop failed: " + bug), clock.millis());
      return true;
    }
  }

  /** Plans, runs and applies one step. Returns whether there was something to run. */
  public boolean step() {
    long now = clock.millis();
    queue.refresh(now);
    sweep(now);
    String asked = retired;
    if (asked != null && failed == null) {
      giveUp(asked, now);
    }
    if (failed != null) {
      handOn(queue.drain(), now);
    }
    StepPlan plan = planner.plan(now);
    boolean runs = !plan.slices().isEmpty();
    if (runs) {
      gauges.stepStarts(now);
      run(plan);
    }
    gauges.update(planner, runs, !hasWork(), clock.millis());
    return runs;
  }

  /** Engine thread: whether anything waits or runs. */
  public boolean hasWork() {
    return !queue.isEmpty() || !planner.allFinished();
  }

  private void run(StepPlan plan) {
    int tokens = plan.tokenCount();
    StepResult result;
    try {
      result = engine.run(plan);
    } catch (RuntimeException | Error e) {
      // An Error too: a native or memory fault inside one step must not take the server along.
      stepFailed(e, clock.millis());
      return;
    }
    failuresInARow = 0;
    long now = clock.millis();
    gauges.rightGuesses(rightGuesses(result));
    apply(result, now);
    gauges.stepDone(tokens, planner.guesses(), now);
  }

  private static int rightGuesses(StepResult result) {
    int right = 0;
    for (var drawn : result.drawn()) {
      right += Math.max(0, drawn.size() - 1);
    }
    return right;
  }

  private void apply(StepResult result, long now) {
    List<Sequence> planned = planner.planned();
    Optional<String> lost = Optional.empty();
    for (int i = 0; i < planned.size(); i++) {
      Sequence sequence = planned.get(i);
      ServedRequest request = sequence.request();
      RuntimeException failure = result.failures().get(i);
      if (failure != null && lost(failure).isPresent()) {
        lost = lost(failure);
        failure = null;
      }
      if (request.isEnded() || lost.isPresent() && result.drawn().get(i).isEmpty()) {
        // A sister sequence failed the request in this same step, or nothing came of it.
        continue;
      }
      try {
        request.apply(sequence, result.drawn().get(i), failure, now);
      } catch (RuntimeException fault) {
        LOG.log(
            System.Logger.Level.WARNING,
            "request " + request.spec().requestId() + " failed alone",
            fault);
        if (!request.isEnded()) {
          request.fail(engineFailed(request, reason(fault)), now);
        }
      }
    }
    lost.ifPresent(reason -> giveUp(reason, now));
  }

  private static String reason(RuntimeException fault) {
    String message = fault.getMessage();
    return message == null ? fault.toString() : message;
  }

  private void stepFailed(Throwable cause, long now) {
    LOG.log(
        System.Logger.Level.ERROR,
        "a step of %d sequences of model %s failed".formatted(planner.planned().size(), model()),
        cause);
    gauges.stepFailed();
    Optional<String> lost = lost(cause);
    if (lost.isPresent()) {
      giveUp(lost.get(), now);
      return;
    }
    for (Sequence sequence : planner.planned()) {
      ServedRequest request = sequence.request();
      if (!request.isEnded()) {
        request.fail(engineFailed(request, "a step failed"), now);
      }
    }
    if (++failuresInARow >= settings.failuresMax()) {
      giveUp(failuresInARow + " steps in a row failed, the last with " + cause, now);
    }
  }

  private Failure engineFailed(ServedRequest request, String reason) {
    return new Failure(
        ServingError.ENGINE_FAILED,
        "model %s failed on request %s (%s); only tokens already sent are billed"
            .formatted(model(), request.spec().requestId(), reason));
  }

  private void giveUp(String reason, long now) {
    failed = reason;
    LOG.log(
        System.Logger.Level.ERROR,
        "model {0} on {1} is given up: {2}",
        model(),
        engine.device().device(),
        reason);
    List<ServedRequest> left = List.copyOf(runningRequests());
    planner.forget();
    handOn(left, now);
    handOn(queue.drain(), now);
  }

  /** To another replica of the model; where there is none, to their ends. */
  private void handOn(List<ServedRequest> requests, long now) {
    for (ServedRequest request : requests) {
      if (!request.isEnded() && !refuge.test(request)) {
        request.fail(
            new Failure(
                ServingError.MODEL_UNAVAILABLE,
                "model %s is out of service; only tokens already sent are billed"
                    .formatted(model())),
            now);
      }
    }
  }

  /** Why nothing works on the device any more, if that is what a failure says. */
  private static Optional<String> lost(Throwable cause) {
    return cause instanceof DeviceException device && device.isLost()
        ? Optional.of("its device is lost: " + device.getMessage())
        : Optional.empty();
  }

  /** Lets go of running requests whose reader is gone or stands still, or whose time is up. */
  private void sweep(long now) {
    boolean all = cancelAll;
    for (ServedRequest request : runningRequests()) {
      request.lookForRoom(now);
      if (all || request.stream().isCancelled()) {
        request.cancel(now);
      } else if (request.pausedMillis(now) >= settings.readerStallMillis()) {
        request.fail(
            deadline("its reader took nothing for", request, settings.readerStallMillis()), now);
      } else if (now >= request.terms().runDeadlineMillis()) {
        var terms = request.terms();
        request.fail(
            deadline(
                "it may run no longer than",
                request,
                terms.runDeadlineMillis() - terms.receivedAtMillis()),
            now);
      }
    }
    if (all) {
      for (ServedRequest request : queue.drain()) {
        request.cancel(now);
      }
    }
  }

  private static Failure deadline(String why, ServedRequest request, long millis) {
    return new Failure(
        ServingError.DEADLINE_EXCEEDED,
        "request %s was ended: %s %d s".formatted(request.spec().requestId(), why, millis / 1_000));
  }

  /** Those that have left the queue and are not at their end, each once. Reused between calls. */
  private List<ServedRequest> runningRequests() {
    running.clear();
    for (Sequence sequence : planner.started()) {
      ServedRequest request = sequence.request();
      // Sequences of a request stand side by side.
      if (!request.isEnded() && (running.isEmpty() || running.getLast() != request)) {
        running.add(request);
      }
    }
    return running;
  }
}

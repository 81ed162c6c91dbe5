package org.millrace.serving.node;

import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.millrace.billing.api.Holds;
import org.millrace.inference.api.Engine;
import org.millrace.inference.api.EngineOptions;
import org.millrace.serving.admission.Admission;
import org.millrace.serving.admission.Gate;
import org.millrace.serving.admission.Occupancy;
import org.millrace.serving.admission.TenantRates;
import org.millrace.serving.api.Completions;
import org.millrace.serving.api.Models.ServedModel;
import org.millrace.serving.api.ServingError;
import org.millrace.serving.api.ServingException;
import org.millrace.serving.api.ServingStatus;
import org.millrace.serving.batch.ModelReplicas;
import org.millrace.serving.batch.Replica;
import org.millrace.serving.config.ModelSource;
import org.millrace.serving.config.ServingConfig;
import org.millrace.serving.meter.Ending;
import org.millrace.serving.meter.Journal;
import org.millrace.serving.meter.ServingCounters;
import org.millrace.serving.meter.Settler;
import org.millrace.serving.model.ModelRegistry;
import org.millrace.serving.queue.FirstComeFirstServed;
import org.millrace.serving.queue.RequestQueue;
import org.millrace.serving.request.RequestBook;

/**
 * A serving node. Started in this order: {@link #recover}, {@link #load} for each model, {@link
 * #open} once {@link #recovering} is 0; stopped by {@link #drain}, the end of its threads, and
 * {@link #close}. Each replica's {@link Replica#runLoop} wants a thread, {@link #settleLoop} one or
 * more.
 */
public final class ServingNode implements AutoCloseable {
  private static final long SETTLE_PAUSE_MILLIS = 50;

  private final ServingConfig config;
  private final InstantSource clock;
  private final Journal journal;
  private final Gate gate = new Gate();
  private final ServingCounters counters = new ServingCounters();
  private final ModelRegistry registry;
  private final RequestBook book;
  private final Closing closing;
  private final Settler settler;
  private final Admission admission;
  private final ServingStatus status;
  private final Roster roster;
  private final ReentrantLock loadingTurn = new ReentrantLock();
  private final Loading loading;

  /**
   * @param seeds gives a seed to requests that bring none, and a new journal its first claim
   * @throws java.io.UncheckedIOException where the journal cannot be opened
   */
  public ServingNode(
      ServingConfig config,
      Holds holds,
      ModelRegistry.Loader loader,
      InstantSource clock,
      LongSupplier seeds) {
    this.config = config;
    this.clock = clock;
    journal = Journal.open(config.dataDir(), config.meter().journalSlots(), seeds);
    registry =
        new ModelRegistry(
            loader,
            config.engine().options(),
            config.engine().devices(),
            config.requests().completionTokensMax(),
            clock);
    loading = new Loading(config.models());
    roster = new Roster(loading);
    book = new RequestBook(config.history().keep(), config.history().requestsMax());
    var rates = new TenantRates();
    var occupancy = new Occupancy(config.queue().requestsMax());
    var waits = new WaitEstimate(occupancy::queued);
    closing = new Closing(book, rates, counters, waits, clock);
    settler =
        new Settler(holds, journal, closing, clock, config.meter().settleRetryMax().toMillis());
    var parts =
        new Admission.Parts(
            gate, this::find, rates, occupancy, journal, book, holds, settler, counters);
    admission = new Admission(parts, config, clock, seeds);
    status = new NodeStatus(this, parts, waits, clock);
  }

  /** Sends what an earlier run left open to the ledger. */
  public void recover() {
    for (Ending ending : journal.left()) {
      closing.expect(ending.requestId());
      settler.offer(ending);
    }
  }

  /** Requests of an earlier run that the ledger does not know yet. */
  public int recovering() {
    return closing.recovering();
  }

  /**
   * Loads a model; its replicas, or none where it could not be, which {@link #registry} remembers.
   */
  public List<Replica> load(ModelSource source) {
    loadingTurn.lock();
    try {
      if (loading.isStopped()) {
        return List.of();
      }
      var model = registry.load(source, loading.watch(source));
      List<Replica> replicas = model.map(this::serve).orElse(List.of());
      // Last, so that there is no moment in which nobody knows of it.
      loading.done(source);
      return replicas;
    } finally {
      loadingTurn.unlock();
    }
  }

  /**
   * Lets no more requests of a model in; {@link #leave} once its departure is over.
   *
   * @param why for admins
   * @return empty where nothing of the model is loaded, or it is leaving already
   * @throws ServingException where there is no such model, or it is being loaded
   */
  public synchronized Optional<Departure> withdraw(String name, String why, Duration grace) {
    requireModel(name);
    if (loading.isExpected(name)) {
      throw busy("model %s is being loaded; wait until it is".formatted(name));
    }
    Optional<ModelSource> source = registry.source(name);
    if (source.isEmpty()) {
      return Optional.empty();
    }
    registry.withdraw(name);
    ModelReplicas leaving = roster.leave(new Roster.Away(name, source.get(), why));
    leaving.withdraw();
    return Optional.of(new Departure(leaving, book, clock.millis() + grace.toMillis()));
  }

  /** Gives the memory of a model back, whose departure is over. */
  public void leave(Departure departure) {
    registry.release(departure.model());
    roster.left(departure.model());
  }

  /**
   * Prepares for a model to be loaded once more, by {@link #load}.
   *
   * @return empty where it is loaded, or on its way
   * @throws ServingException where there is no such model, or it has not left yet
   */
  public synchronized Optional<ModelSource> comeBack(String name) {
    requireModel(name);
    if (loading.isExpected(name) || registry.source(name).isPresent()) {
      return Optional.empty();
    }
    if (roster.isLeaving(name)) {
      throw busy("requests of model %s are still coming to their end".formatted(name));
    }
    Optional<ModelSource> source = roster.comeBack(name).or(() -> registry.failed(name));
    source.ifPresent(loading::expect);
    registry.forgetFailures(name);
    return source;
  }

  /** As {@link org.millrace.serving.api.Models#find}. */
  public Optional<ServedModel> served(String name) {
    Optional<ServedModel> served = registry.find(name);
    if (served.isEmpty()) {
      find(name).ifPresent(ModelReplicas::requireIn);
    }
    return served;
  }

  private Optional<ModelReplicas> find(String name) {
    Optional<ModelReplicas> found = roster.find(name);
    if (found.isEmpty() && registry.failed(name).isPresent()) {
      throw new ServingException(
          ServingError.MODEL_UNAVAILABLE,
          "model %s could not be loaded; the server's log says why".formatted(name));
    }
    return found;
  }

  /**
   * @throws ServingException where no model of this name is loaded, on its way, away or failed
   */
  public void requireModel(String name) {
    if (registry.source(name).isEmpty()
        && !loading.isExpected(name)
        && !roster.isAway(name)
        && registry.failed(name).isEmpty()) {
      throw new ServingException(
          ServingError.MODEL_NOT_FOUND,
          "there is no model '%s' here".formatted(name),
          "model",
          null);
    }
  }

  private static ServingException busy(String why) {
    return new ServingException(ServingError.MODEL_BUSY, why);
  }

  private List<Replica> serve(ModelRegistry.Loaded model) {
    String name = model.served().name();
    var replicas = new ModelReplicas(name);
    counters.register(name);
    model.engines().forEach(engine -> replicas.add(replica(name, engine)));
    roster.add(replicas);
    return replicas.all();
  }

  private Replica replica(String name, Engine engine) {
    EngineOptions options = config.engine().options();
    var settings =
        new Replica.Settings(
            name,
            options.stepTokensMax(),
            options.stepSequencesMax(),
            config.engine().guessesMax(),
            config.engine().failuresMax(),
            config.streams().stallTimeout().toMillis());
    var queue = new RequestQueue(new FirstComeFirstServed());
    return new Replica(settings, engine, queue, clock);
  }

  /** Gives up what is being loaded. */
  public void stopLoading() {
    loading.stop();
  }

  /** Lets requests in. */
  public void open() {
    gate.open();
  }

  /** Settles until interrupted. */
  public void settleLoop() {
    try {
      while (!Thread.currentThread().isInterrupted()) {
        if (!settler.step()) {
          settler.await(SETTLE_PAUSE_MILLIS);
        }
      }
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Lets nobody in any more, gives what runs the configured time, then ends it, and gives the
   * ledger some time to take it all.
   *
   * @param settleTime how long to wait for the ledger; what is open after it is found in the
   *     journal at the next start
   */
  public void drain(Duration settleTime) throws InterruptedException {
    gate.close("the server is shutting down");
    stopLoading();
    waitFor(this::nothingRuns, config.shutdownGrace());
    replicas().forEach(Replica::cancelAll);
    waitFor(this::nothingRuns, settleTime);
    waitFor(() -> settler.backlog() == 0, settleTime);
  }

  private boolean nothingRuns() {
    return gate.inside() == 0 && book.open().isEmpty();
  }

  private void waitFor(BooleanSupplier done, Duration most) throws InterruptedException {
    long deadlineMillis = clock.millis() + most.toMillis();
    while (!done.getAsBoolean() && clock.millis() < deadlineMillis) {
      Thread.sleep(10);
    }
  }

  /** Frees memory and files. All threads have ended. */
  @Override
  public void close() {
    gate.close("the server has stopped");
    registry.close();
    journal.close();
  }

  public Completions completions() {
    return admission::submit;
  }

  /**
   * @param starting whether models may still be missing, and the gate still be closed
   */
  public NodeHealth health(boolean starting) {
    return NodeHealth.of(this, starting);
  }

  public ServingStatus status() {
    return status;
  }

  public ModelRegistry registry() {
    return registry;
  }

  public List<Replica> replicas() {
    return models().stream().flatMap(model -> model.all().stream()).toList();
  }

  /** The models that are loaded, each with its replicas. */
  public List<ModelReplicas> models() {
    return roster.loaded();
  }

  Roster roster() {
    return roster;
  }

  /** Requests of a model that wait or run. */
  int openRequests(String model) {
    return Departure.open(book, model).size();
  }

  /** Models that are configured and neither loaded nor failed yet. */
  public Loading loading() {
    return loading;
  }

  public Gate gate() {
    return gate;
  }

  public Journal journal() {
    return journal;
  }

  public Settler settler() {
    return settler;
  }

  public ServingCounters counters() {
    return counters;
  }

  public ServingConfig config() {
    return config;
  }
}

package org.millrace.serving.ejb;

import jakarta.annotation.PostConstruct;
import jakarta.annotation.PreDestroy;
import jakarta.annotation.Resource;
import jakarta.ejb.ConcurrencyManagement;
import jakarta.ejb.ConcurrencyManagementType;
import jakarta.ejb.EJB;
import jakarta.ejb.Singleton;
import jakarta.ejb.Startup;
import jakarta.ejb.TransactionManagement;
import jakarta.ejb.TransactionManagementType;
import jakarta.enterprise.concurrent.ManagedThreadFactory;
import jakarta.inject.Inject;
import java.io.UncheckedIOException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.eclipse.microprofile.config.Config;
import org.eclipse.microprofile.config.ConfigProvider;
import org.jspecify.annotations.Nullable;
import org.millrace.billing.api.Credits;
import org.millrace.billing.api.Holds;
import org.millrace.billing.api.Prices;
import org.millrace.inference.api.Engines;
import org.millrace.serving.api.ServingError;
import org.millrace.serving.api.ServingException;
import org.millrace.serving.batch.Replica;
import org.millrace.serving.config.ConfigException;
import org.millrace.serving.config.ModelSource;
import org.millrace.serving.config.ServingConfig;
import org.millrace.serving.demo.DemoTenant;
import org.millrace.serving.node.Departure;
import org.millrace.serving.node.ServingNode;
import org.millrace.tenancy.api.ApiKeys;
import org.millrace.tenancy.api.Tenants;

/**
 * The life of this server's node. It starts on a thread of its own, so that a large model does not
 * hold up the deployment; until it is done the server is not ready and says why. What other beans
 * call is public: a no-interface view offers nothing else.
 */
@Startup
@Singleton
@ConcurrencyManagement(ConcurrencyManagementType.BEAN)
@TransactionManagement(TransactionManagementType.BEAN)
public class NodeBean {
  private static final System.Logger LOG = System.getLogger(NodeBean.class.getName());

  /** Several, so that settlements of one tenant can share a transaction. */
  private static final int SETTLE_THREADS = 8;

  private static final Duration SETTLE_TIME_AT_STOP = Duration.ofSeconds(5);
  private static final Duration THREAD_END_TIME = Duration.ofSeconds(10);
  private static final Duration RETRY_PAUSE = Duration.ofSeconds(2);
  private static final Duration DEPARTURE_PAUSE = Duration.ofMillis(20);

  @EJB
  @SuppressWarnings("NullAway.Init")
  private Holds holds;

  @EJB
  @SuppressWarnings("NullAway.Init")
  private Credits credits;

  @EJB
  @SuppressWarnings("NullAway.Init")
  private Prices prices;

  @EJB
  @SuppressWarnings("NullAway.Init")
  private Tenants tenants;

  @EJB
  @SuppressWarnings("NullAway.Init")
  private ApiKeys apiKeys;

  @Inject
  @SuppressWarnings("NullAway.Init")
  private ServingMetrics metrics;

  @Resource
  @SuppressWarnings("NullAway.Init")
  private ManagedThreadFactory threadFactory;

  private final List<Thread> workers = new ArrayList<>();
  private @Nullable Thread starter;
  private volatile @Nullable ServingNode node;
  private volatile @Nullable String notReady = "the server is starting";

  @PostConstruct
  void start() {
    Config values = ConfigProvider.getConfig();
    try {
      var config =
          ServingConfig.read(key -> Optional.ofNullable(values.getConfigValue(key).getValue()));
      var created =
          new ServingNode(
              config, holds, Engines::load, InstantSource.system(), new SecureRandom()::nextLong);
      node = created;
      starter = thread("millrace-start", () -> prepare(created));
    } catch (ConfigException | UncheckedIOException e) {
      notReady = String.valueOf(e.getMessage());
      LOG.log(System.Logger.Level.ERROR, "serving does not start: {0}", notReady);
    }
  }

  private void prepare(ServingNode starting) {
    try {
      starting.recover();
      for (int i = 1; i <= SETTLE_THREADS; i++) {
        work("millrace-settle-" + i, starting::settleLoop);
      }
      for (ModelSource source : starting.config().models()) {
        notReady = "model " + source.file().getFileName() + " is being loaded";
        starting.load(source).forEach(this::serve);
      }
      if (starting.loading().isStopped()) {
        return;
      }
      metrics.register(starting);
      untilRecovered(starting);
      untilDemoIsThere(starting);
      notReady = null;
      starting.open();
      LOG.log(System.Logger.Level.INFO, "serving {0}", starting.registry().list());
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException bug) {
      notReady = "the start failed: " + bug;
      LOG.log(System.Logger.Level.ERROR, "serving does not start", bug);
    }
  }

  private void serve(Replica replica) {
    var device = replica.engine().device();
    LOG.log(
        System.Logger.Level.INFO,
        "model {0} on {1}, kernels {2}, {3} threads: {4}",
        replica.model(),
        device.device(),
        device.kernels(),
        device.threads(),
        device.reason());
    work("millrace-engine-" + replica.model() + "-" + device.device(), replica::runLoop);
  }

  /** Begins to take a model out of service; as {@link ServingNode#withdraw}. */
  public void unload(String model, String why, Duration grace) {
    ServingNode serving = started();
    serving
        .withdraw(model, why, grace)
        .ifPresent(departure -> work("millrace-unload-" + model, () -> seeOut(serving, departure)));
  }

  private void seeOut(ServingNode serving, Departure departure) {
    try {
      while (!departure.step(System.currentTimeMillis())) {
        Thread.sleep(DEPARTURE_PAUSE);
      }
      metrics.unregister(departure.model());
      serving.leave(departure);
      LOG.log(System.Logger.Level.INFO, "model {0} is unloaded", departure.model());
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
  }

  /** Begins to load a model once more; as {@link ServingNode#comeBack}. */
  public void load(String model) {
    ServingNode serving = started();
    serving
        .comeBack(model)
        .ifPresent(source -> work("millrace-load-" + model, () -> bringBack(serving, source)));
  }

  private void bringBack(ServingNode serving, ModelSource source) {
    List<Replica> replicas = serving.load(source);
    replicas.forEach(this::serve);
    if (!replicas.isEmpty()) {
      metrics.register(serving, replicas.getFirst().model());
    }
  }

  /**
   * @throws ServingException until the first start is done, which loads models itself
   */
  private ServingNode started() {
    ServingNode serving = nodeOrRefuse();
    if (notReady != null) {
      throw new ServingException(ServingError.MODEL_BUSY, "the server is not ready: " + notReady);
    }
    return serving;
  }

  private void untilRecovered(ServingNode starting) throws InterruptedException {
    while (starting.recovering() > 0) {
      notReady =
          "%d requests of an earlier run wait to be settled".formatted(starting.recovering());
      Thread.sleep(20);
    }
  }

  private void untilDemoIsThere(ServingNode starting) throws InterruptedException {
    Optional<ServingConfig.Demo> demo = starting.config().demo();
    while (demo.isPresent()) {
      try {
        new DemoTenant(tenants, apiKeys, credits, prices, demo.get())
            .prepare(starting.registry().list());
        return;
      } catch (RuntimeException e) {
        notReady = "the demo tenant is not there yet: " + e.getMessage();
        LOG.log(System.Logger.Level.WARNING, "the demo tenant could not be made", e);
        Thread.sleep(RETRY_PAUSE);
      }
    }
  }

  private void work(String name, Runnable loop) {
    synchronized (workers) {
      workers.removeIf(worker -> !worker.isAlive());
      workers.add(thread(name, loop));
    }
  }

  private Thread thread(String name, Runnable task) {
    Thread thread = threadFactory.newThread(task);
    thread.setName(name);
    thread.start();
    return thread;
  }

  /** The node, also while it starts. */
  public Optional<ServingNode> node() {
    return Optional.ofNullable(node);
  }

  /**
   * @throws ServingException where the configuration does not let it start
   */
  public ServingNode nodeOrRefuse() {
    ServingNode current = node;
    if (current == null) {
      throw new ServingException(
          ServingError.SHUTTING_DOWN, "serving is not available: " + notReady);
    }
    return current;
  }

  /** Why the server is not ready; {@code null} where its start is done. */
  public @Nullable String notReady() {
    String reason = notReady;
    ServingNode current = node;
    return reason == null || current == null ? reason : current.loading().text().orElse(reason);
  }

  /** Reaches for the database; throws where it is away. */
  public void touchDatabase() {
    holds.open(1);
  }

  @PreDestroy
  void stop() {
    ServingNode stopping = node;
    notReady = "the server is shutting down";
    if (stopping == null) {
      return;
    }
    try {
      stopping.drain(SETTLE_TIME_AT_STOP);
      if (endThreads()) {
        stopping.close();
      } else {
        // Memory that a running step still reads must stay mapped.
        LOG.log(System.Logger.Level.WARNING, "a step has not ended; its memory is kept");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    metrics.unregister();
  }

  private boolean endThreads() throws InterruptedException {
    var all = new ArrayList<Thread>();
    synchronized (workers) {
      all.addAll(workers);
    }
    if (starter != null) {
      all.add(starter);
    }
    all.forEach(Thread::interrupt);
    boolean ended = true;
    for (Thread thread : all) {
      ended &= thread.join(THREAD_END_TIME);
    }
    return ended;
  }
}

package org.millrace.console.live;

import jakarta.annotation.PreDestroy;
import jakarta.annotation.Resource;
import jakarta.enterprise.concurrent.ManagedScheduledExecutorService;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.Startup;
import jakarta.inject.Inject;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.millrace.serving.api.ServingStatus;

/** Samples of load, one every two seconds for five minutes. Thread-safe. */
@ApplicationScoped
public class LoadHistory {
  private static final System.Logger LOG = System.getLogger(LoadHistory.class.getName());
  public static final int SAMPLE_SECONDS = 2;
  static final int SAMPLES_MAX = 150;

  @Inject ServingStatus status;
  @Resource @Nullable ManagedScheduledExecutorService executor;
  private @Nullable Future<?> sampling;
  private final Deque<LoadSample> samples = new ArrayDeque<>(SAMPLES_MAX);

  void start(@Observes Startup event) {
    if (executor != null) {
      sampling = executor.scheduleAtFixedRate(this::sample, 0, SAMPLE_SECONDS, TimeUnit.SECONDS);
    }
  }

  @PreDestroy
  void stop() {
    if (sampling != null) {
      sampling.cancel(true);
    }
  }

  /** Never throws: a scheduled task that throws is not run again. */
  void sample() {
    try {
      add(LoadSample.of(status.snapshot()));
    } catch (RuntimeException e) {
      LOG.log(System.Logger.Level.DEBUG, "no sample of the load this time", e);
    }
  }

  private synchronized void add(LoadSample sample) {
    if (samples.size() == SAMPLES_MAX) {
      samples.removeFirst();
    }
    samples.addLast(sample);
  }

  /** Oldest first. */
  public synchronized List<LoadSample> samples() {
    return List.copyOf(samples);
  }
}

package org.millrace.serving.node;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import org.millrace.inference.api.LoadProgress;
import org.millrace.serving.config.ModelSource;

/** The models that are configured and neither loaded nor failed yet. Thread-safe. */
public final class Loading {
  private static final System.Logger LOG = System.getLogger(Loading.class.getName());
  private static final int WAITS = -1;
  private static final int LOGGED_PERCENT = 10;

  private final Map<String, Integer> percents = new LinkedHashMap<>();
  private volatile boolean stopped;

  /**
   * A model on its way.
   *
   * @param percent of its weights that are where they will be used; empty before its turn
   */
  public record Model(String name, Optional<Integer> percent) {}

  Loading(List<ModelSource> sources) {
    sources.forEach(this::expect);
  }

  /** A model is to be loaded. */
  synchronized void expect(ModelSource source) {
    percents.put(source.label(), WAITS);
  }

  /** Whether a model of this name is to be loaded, or is being loaded. */
  synchronized boolean isExpected(String name) {
    return percents.containsKey(name);
  }

  /** Watches a model, until {@link #done}. */
  LoadProgress watch(ModelSource source) {
    String name = source.label();
    set(name, 0);
    return (bytes, bytesTotal) -> {
      if (stopped) {
        throw new CancellationException("not loaded, because the server stops");
      }
      int percent = bytesTotal == 0 ? 100 : (int) (100 * bytes / bytesTotal);
      int before = set(name, percent);
      if (percent / LOGGED_PERCENT != before / LOGGED_PERCENT) {
        LOG.log(System.Logger.Level.INFO, "loading {0}: {1}%", name, percent);
      }
    };
  }

  private synchronized int set(String name, int percent) {
    Integer before = percents.put(name, percent);
    return before == null ? 0 : before;
  }

  synchronized void done(ModelSource source) {
    percents.remove(source.label());
  }

  /** Gives up what is being loaded, and lets nothing more be. */
  void stop() {
    stopped = true;
  }

  /** Whether the server stops. */
  public boolean isStopped() {
    return stopped;
  }

  /** All of them, in the configured order. */
  public synchronized List<Model> models() {
    return percents.entrySet().stream()
        .map(entry ->
            new Model(
                entry.getKey(),
                entry.getValue() == WAITS ? Optional.empty() : Optional.of(entry.getValue())))
        .toList();
  }

  /** What is being loaded now, for those who wait for it. */
  public Optional<String> text() {
    return models().stream()
        .filter(model -> model.percent().isPresent())
        .findFirst()
        .map(model ->
            "model %s is being loaded: %d%%"
                .formatted(model.name(), model.percent().orElseThrow()));
  }
}

package org.millrace.serving.model;

import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;
import org.millrace.inference.api.Engine;
import org.millrace.inference.api.EngineOptions;
import org.millrace.inference.api.LoadProgress;
import org.millrace.inference.api.ModelInfo;
import org.millrace.serving.api.Models.ServedModel;
import org.millrace.serving.config.ModelSource;

/**
 * Loads models and remembers those that could not be. Loading is one thread's; everything else may
 * be called by any thread.
 */
public final class ModelRegistry {
  private static final System.Logger LOG = System.getLogger(ModelRegistry.class.getName());

  /** How a file becomes an engine. */
  @FunctionalInterface
  public interface Loader {
    /**
     * @throws RuntimeException whose message says what is wrong with the file
     * @throws CancellationException as soon as the progress asks for it
     */
    Engine load(Path file, EngineOptions options, LoadProgress progress);
  }

  /**
   * A model and what runs it: an engine for each of the configured devices that could be used.
   *
   * @param source the same file under the name that it is served by
   */
  public record Loaded(ServedModel served, ModelSource source, List<Engine> engines) {}

  /** A model that is configured and not served. */
  public record Failed(String name, String reason, ModelSource source) {}

  private final Loader loader;
  private final EngineOptions options;
  private final List<String> devices;
  private final int completionTokensMax;
  private final InstantSource clock;
  private volatile Map<String, Loaded> loaded = Map.of();
  private volatile List<Failed> failed = List.of();
  private final Map<String, Loaded> withdrawn = new HashMap<>();

  /**
   * @param devices each of which is to run every model
   */
  public ModelRegistry(
      Loader loader,
      EngineOptions options,
      List<String> devices,
      int completionTokensMax,
      InstantSource clock) {
    this.loader = loader;
    this.options = options;
    this.devices = devices;
    this.completionTokensMax = completionTokensMax;
    this.clock = clock;
  }

  /**
   * Loads a model on each device. A file or a device that cannot be used is remembered with its
   * reason; the other models, and the model's other replicas, are served all the same.
   */
  public Optional<Loaded> load(ModelSource source, LoadProgress progress) {
    List<Engine> engines = new ArrayList<>();
    for (String device : devices) {
      try {
        engines.add(loader.load(source.file(), options.on(device), progress));
      } catch (CancellationException stopped) {
        LOG.log(System.Logger.Level.INFO, "{0}: {1}", source.file(), stopped.getMessage());
        engines.forEach(Engine::close);
        return Optional.empty();
      } catch (RuntimeException | LinkageError | OutOfMemoryError e) {
        fail(source.label(), String.valueOf(e.getMessage()), source, e);
      }
    }
    return engines.isEmpty() ? Optional.empty() : register(source, List.copyOf(engines));
  }

  private synchronized Optional<Loaded> register(ModelSource source, List<Engine> engines) {
    ModelInfo info = engines.getFirst().model();
    String name = source.name().orElseGet(() -> slug(info));
    if (loaded.containsKey(name) || withdrawn.containsKey(name)) {
      engines.forEach(Engine::close);
      fail(
          name,
          "%s has the name of another model; give it one of its own: name=%s"
              .formatted(source.file(), source.file()),
          source,
          null);
      return Optional.empty();
    }
    var again = new ModelSource(Optional.of(name), source.file());
    var model = new Loaded(served(name, info), again, engines);
    var all = new LinkedHashMap<>(loaded);
    all.put(name, model);
    loaded = Collections.unmodifiableMap(all);
    return Optional.of(model);
  }

  private synchronized void fail(
      String name, String reason, ModelSource source, @Nullable Throwable e) {
    LOG.log(System.Logger.Level.ERROR, "model " + name + " is not served: " + reason, e);
    var all = new ArrayList<>(failed);
    all.add(new Failed(name, reason, source));
    failed = List.copyOf(all);
  }

  /** Lists a model no longer; its engines go on until {@link #release}. */
  public synchronized void withdraw(String name) {
    var all = new LinkedHashMap<>(loaded);
    Loaded model = all.remove(name);
    if (model != null) {
      loaded = Collections.unmodifiableMap(all);
      withdrawn.put(name, model);
    }
  }

  /** Gives the memory of a withdrawn model's engines back. They do not run any more. */
  public synchronized void release(String name) {
    Loaded model = withdrawn.remove(name);
    if (model != null) {
      model.engines().forEach(Engine::close);
    }
  }

  /** Forgets why a model could not be loaded: it is tried again. */
  public synchronized void forgetFailures(String name) {
    failed = failed.stream().filter(failure -> !failure.name().equals(name)).toList();
  }

  private ServedModel served(String name, ModelInfo info) {
    return new ServedModel(
        name,
        info.architecture(),
        info.quantization(),
        info.parameters(),
        info.contextTokens(),
        Math.min(completionTokensMax, info.contextTokens() - 1),
        Instant.ofEpochMilli(clock.millis()));
  }

  /**
   * The model's own name as clients can type it: {@code "Llama 3.2 1B Instruct"} becomes {@code
   * llama-3.2-1b-instruct}.
   */
  static String slug(ModelInfo info) {
    String slug =
        info.name()
            .toLowerCase(Locale.ROOT)
            .replaceAll("[^a-z0-9._]+", "-")
            .replaceAll("^[-._]+|[-._]+$", "");
    return slug.isEmpty() ? "model" : slug.substring(0, Math.min(slug.length(), 100));
  }

  /** Those that are served. */
  public List<ServedModel> list() {
    return loaded.values().stream().map(Loaded::served).toList();
  }

  /** Where a loaded model came from. */
  public Optional<ModelSource> source(String name) {
    return Optional.ofNullable(loaded.get(name)).map(Loaded::source);
  }

  public Optional<ServedModel> find(String name) {
    return Optional.ofNullable(loaded.get(name)).map(Loaded::served);
  }

  public List<Failed> failed() {
    return failed;
  }

  /** From where a model, or its replica on one of the devices, could not be loaded. */
  public Optional<ModelSource> failed(String name) {
    return failed.stream()
        .filter(failure -> failure.name().equals(name))
        .findFirst()
        .map(Failed::source);
  }

  /** Gives every engine's memory back. Nothing may run any more. */
  public synchronized void close() {
    for (String name : loaded.keySet()) {
      withdraw(name);
    }
    for (String name : List.copyOf(withdrawn.keySet())) {
      release(name);
    }
  }
}

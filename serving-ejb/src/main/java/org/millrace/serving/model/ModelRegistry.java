package org.millrace.serving.model;

import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
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
import org.millrace.serving.api.Models;
import org.millrace.serving.config.ModelSource;

/**
 * Loads models and remembers those that could not be. Loading is one thread's; everything else may
 * be called by any thread.
 */
public final class ModelRegistry implements Models {
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

  /** A model and what runs it: an engine for each of the configured devices that could be used. */
  public record Loaded(ServedModel served, List<Engine> engines) {}

  /** A model that is configured and not served. */
  public record Failed(String name, String reason) {}

  private final Loader loader;
  private final EngineOptions options;
  private final List<String> devices;
  private final int completionTokensMax;
  private final InstantSource clock;
  private volatile Map<String, Loaded> loaded = Map.of();
  private volatile List<Failed> failed = List.of();

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
        fail(source.name().orElse(source.file().toString()), String.valueOf(e.getMessage()), e);
      }
    }
    return engines.isEmpty() ? Optional.empty() : register(source, List.copyOf(engines));
  }

  private Optional<Loaded> register(ModelSource source, List<Engine> engines) {
    ModelInfo info = engines.getFirst().model();
    String name = source.name().orElseGet(() -> slug(info));
    if (loaded.containsKey(name)) {
      engines.forEach(Engine::close);
      fail(
          name,
          "%s has the name of another model; give it one of its own: name=%s"
              .formatted(source.file(), source.file()),
          null);
      return Optional.empty();
    }
    var model = new Loaded(served(name, info), engines);
    var all = new LinkedHashMap<>(loaded);
    all.put(name, model);
    loaded = Collections.unmodifiableMap(all);
    return Optional.of(model);
  }

  private void fail(String name, String reason, @Nullable Throwable e) {
    LOG.log(System.Logger.Level.ERROR, "model " + name + " is not served: " + reason, e);
    var all = new ArrayList<>(failed);
    all.add(new Failed(name, reason));
    failed = List.copyOf(all);
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

  @Override
  public List<ServedModel> list() {
    return loaded.values().stream().map(Loaded::served).toList();
  }

  @Override
  public Optional<ServedModel> find(String name) {
    return Optional.ofNullable(loaded.get(name)).map(Loaded::served);
  }

  public List<Failed> failed() {
    return failed;
  }

  /** Gives every engine's memory back. Nothing may run any more. */
  public void close() {
    loaded.values().forEach(model -> model.engines().forEach(Engine::close));
    loaded = Map.of();
  }
}

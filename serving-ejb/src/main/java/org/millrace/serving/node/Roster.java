package org.millrace.serving.node;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.millrace.serving.api.ServingError;
import org.millrace.serving.api.ServingException;
import org.millrace.serving.batch.ModelReplicas;
import org.millrace.serving.config.ModelSource;

/**
 * The models that are loaded, and those that an admin is taking or has taken out of service.
 * Thread-safe.
 */
final class Roster {
  private final Map<String, ModelReplicas> models = new LinkedHashMap<>();
  private final Map<String, Away> away = new LinkedHashMap<>();
  private final Loading loading;

  /**
   * A model that is taken out of service.
   *
   * @param source from which it can come back
   * @param why for admins
   */
  record Away(String name, ModelSource source, String why) {}

  /**
   * @param loading those that are not loaded yet
   */
  Roster(Loading loading) {
    this.loading = loading;
  }

  /** Takes in a model that was loaded. */
  synchronized void add(ModelReplicas model) {
    models.put(model.model(), model);
  }

  synchronized List<ModelReplicas> loaded() {
    return List.copyOf(models.values());
  }

  /**
   * A loaded model; empty where there is none of this name.
   *
   * @throws ServingException with the reason, where it is away for now
   */
  synchronized Optional<ModelReplicas> find(String name) {
    ModelReplicas found = models.get(name);
    if (found == null && loading.isExpected(name)) {
      throw unavailable("model %s is being loaded; try again later".formatted(name));
    }
    if (found == null && away.containsKey(name)) {
      throw unavailable(
          "model %s was taken out of service by the server's operators".formatted(name));
    }
    return Optional.ofNullable(found);
  }

  private static ServingException unavailable(String why) {
    return new ServingException(ServingError.MODEL_UNAVAILABLE, why);
  }

  /** A loaded model begins to leave. */
  synchronized ModelReplicas leave(Away leaving) {
    away.put(leaving.name(), leaving);
    ModelReplicas model = models.get(leaving.name());
    if (model == null) {
      throw new IllegalStateException(leaving.name() + " is not loaded");
    }
    return model;
  }

  /** It has left. */
  synchronized void left(String name) {
    models.remove(name);
  }

  /** Whether it is leaving or has left. */
  synchronized boolean isAway(String name) {
    return away.containsKey(name);
  }

  synchronized boolean isLeaving(String name) {
    return away.containsKey(name) && models.containsKey(name);
  }

  /** Those that have left. */
  synchronized List<Away> away() {
    return away.values().stream().filter(model -> !models.containsKey(model.name())).toList();
  }

  /** A model that has left is no longer away but expected; from where it can be loaded. */
  synchronized Optional<ModelSource> comeBack(String name) {
    Optional<ModelSource> source =
        isLeaving(name)
            ? Optional.empty()
            : Optional.ofNullable(away.remove(name)).map(Away::source);
    source.ifPresent(loading::expect);
    return source;
  }
}

package org.millrace.console.fake;

import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.millrace.serving.api.ModelControl;
import org.millrace.serving.api.Models;
import org.millrace.serving.api.ServingError;
import org.millrace.serving.api.ServingException;
import org.millrace.serving.api.ServingStatus;
import org.millrace.tenancy.api.Actor;

/** What serves and how busy it is, as the test says. */
@Singleton
public class FakeServing implements ServingStatus, Models, ModelControl {
  public final List<ServedModel> models = new ArrayList<>();
  public List<ReplicaView> replicas = List.of();
  public int queuedRequests;
  public boolean broken;
  public final List<String> asked = new ArrayList<>();

  @Override
  public Snapshot snapshot() {
    if (broken) {
      throw new IllegalStateException("the engine is not there");
    }
    return new Snapshot(
        Instant.now(),
        true,
        queuedRequests,
        256,
        List.copyOf(replicas),
        48_210,
        17,
        9_000_000,
        3_000_000);
  }

  @Override
  public void unload(Actor actor, String model, Duration grace) {
    asked.add("unload " + model + " within " + grace);
  }

  @Override
  public void load(Actor actor, String model) {
    if (model.equals("busy")) {
      throw new ServingException(ServingError.MODEL_BUSY, "requests of model busy still run");
    }
    asked.add("load " + model);
  }

  @Override
  public Optional<RequestView> request(UUID tenantId, String requestId) {
    return Optional.empty();
  }

  @Override
  public QueueView queue(UUID tenantId) {
    return new QueueView(queuedRequests, 0, 0, 0);
  }

  @Override
  public List<CacheView> cache(UUID tenantId) {
    return List.of();
  }

  @Override
  public RateView rate(UUID tenantId) {
    return new RateView(6_000, 6_000, 2_000_000, 2_000_000, 60);
  }

  @Override
  public List<ServedModel> list() {
    return List.copyOf(models);
  }

  @Override
  public Optional<ServedModel> find(String name) {
    return models.stream().filter(m -> m.name().equals(name)).findFirst();
  }
}

package org.millrace.serving.node;

import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.millrace.inference.api.DeviceInfo;
import org.millrace.inference.api.KvBlocks;
import org.millrace.serving.admission.Admission;
import org.millrace.serving.api.ServingStatus;
import org.millrace.serving.batch.ModelReplicas;
import org.millrace.serving.batch.Replica;
import org.millrace.serving.model.ModelRegistry;
import org.millrace.serving.request.ServedRequest;

/**
 * The views of a node, put together when they are asked for. Thread-safe; counts of different parts
 * may be a step apart.
 */
final class NodeStatus implements ServingStatus {
  private final ServingNode node;
  private final Admission.Parts parts;
  private final WaitEstimate waits;
  private final InstantSource clock;

  NodeStatus(ServingNode node, Admission.Parts parts, WaitEstimate waits, InstantSource clock) {
    this.node = node;
    this.parts = parts;
    this.waits = waits;
    this.clock = clock;
  }

  @Override
  public Snapshot snapshot() {
    var totals = parts.counters().totals();
    return new Snapshot(
        Instant.ofEpochMilli(clock.millis()),
        parts.gate().isOpen(),
        parts.occupancy().queued(),
        parts.occupancy().queuedMax(),
        replicas(),
        totals.requests(),
        totals.refused(),
        totals.promptTokens(),
        totals.completionTokens());
  }

  private List<ReplicaView> replicas() {
    var views = new ArrayList<ReplicaView>();
    for (Replica replica : node.replicas()) {
      views.add(view(replica));
    }
    for (ModelRegistry.Failed failed : node.registry().failed()) {
      views.add(absent(failed.name(), "failed", failed.reason()));
    }
    for (Loading.Model model : node.loading().models()) {
      String percent = model.percent().map(done -> done + "%").orElse("waits for its turn");
      views.add(absent(model.name(), "loading", percent));
    }
    for (Roster.Away away : node.roster().away()) {
      views.add(absent(away.name(), "unloaded", away.why()));
    }
    return List.copyOf(views);
  }

  private ReplicaView view(Replica replica) {
    DeviceInfo device = replica.engine().device();
    KvBlocks blocks = replica.engine().blocks();
    var gauges = replica.gauges();
    return new ReplicaView(
        replica.model(),
        device.device(),
        device.kernels(),
        state(replica),
        gauges.running(),
        gauges.waiting(),
        blocks.totalBlocks() - blocks.freeBlocks(),
        blocks.totalBlocks(),
        gauges.tokensPerSecond(),
        gauges.steps(),
        note(replica));
  }

  private String state(Replica replica) {
    if (node.roster().isLeaving(replica.model())) {
      return "draining";
    }
    return replica.failed() == null ? "serving" : "failed";
  }

  private String note(Replica replica) {
    return node.roster().isLeaving(replica.model())
        ? "%d requests are coming to their end".formatted(node.openRequests(replica.model()))
        : Objects.requireNonNullElse(replica.failed(), "");
  }

  private static ReplicaView absent(String model, String state, String note) {
    return new ReplicaView(model, "", "", state, 0, 0, 0, 0, 0, 0, note);
  }

  @Override
  public Optional<RequestView> request(UUID tenantId, String requestId) {
    return parts.book().find(tenantId, requestId);
  }

  @Override
  public QueueView queue(UUID tenantId) {
    var open = parts.book().open();
    long first = Long.MAX_VALUE;
    int waiting = 0;
    int running = 0;
    for (ServedRequest request : open) {
      if (request.spec().caller().tenantId().equals(tenantId)) {
        boolean queued = request.startedAtMillis() == 0;
        waiting += queued ? 1 : 0;
        running += queued ? 0 : request.spec().sequences();
        first = queued ? Math.min(first, request.terms().ticket()) : first;
      }
    }
    int position = waiting == 0 ? 0 : 1;
    for (ServedRequest request : open) {
      position +=
          request.startedAtMillis() == 0 && request.terms().ticket() < first && waiting > 0 ? 1 : 0;
    }
    return new QueueView(waiting, running, position, waits.secondsAt(position));
  }

  @Override
  public List<CacheView> cache(UUID tenantId) {
    var views = new ArrayList<CacheView>();
    for (ModelReplicas model : node.models()) {
      long total = 0;
      long cached = 0;
      long cachedMax = 0;
      for (Replica replica : model.all()) {
        KvBlocks blocks = replica.engine().blocks();
        total += blocks.totalBlocks() * replica.blockBytes();
        cached += blocks.cachedBlocks(tenantId) * replica.blockBytes();
        cachedMax += blocks.cachedBlocksMax() * replica.blockBytes();
      }
      long blockBytes = model.all().getFirst().blockBytes();
      views.add(
          new CacheView(
              model.model(), total, cached, cachedMax, held(tenantId, model.model(), blockBytes)));
    }
    return List.copyOf(views);
  }

  private List<RequestCacheView> held(UUID tenantId, String model, long blockBytes) {
    return parts.book().open().stream()
        .filter(request -> request.spec().caller().tenantId().equals(tenantId))
        .filter(request -> request.spec().model().equals(model) && request.heldBlocks() > 0)
        .map(request ->
            new RequestCacheView(
                request.spec().requestId(),
                request.heldBlocks() * blockBytes,
                request.shareableBlocks() * blockBytes))
        .toList();
  }

  @Override
  public RateView rate(UUID tenantId) {
    return parts.rates().view(tenantId, clock.millis());
  }
}
